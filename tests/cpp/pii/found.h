// What the default profile, but for names, finds of one entity, as the text's own words: the shape in which recognizers
// are tested.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/cpp/pii/detectors.h"

namespace tokenfoundry::pii {

inline std::vector<std::string> Found(std::string_view entity, std::string_view text) {
  const Detector& detector = EverythingButNames();
  const std::vector<Finding> findings = *detector.Detect(text);
  std::vector<std::string> found;
  for (const Finding& finding : findings) {
    if (detector.entities()[finding.entity] != entity) continue;
    found.emplace_back(text.substr(finding.start, finding.end - finding.start));
  }
  return found;
}

using Values = std::vector<std::string>;

}  // namespace tokenfoundry::pii
