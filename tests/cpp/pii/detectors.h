// Detectors that the tests share.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tokenfoundry/pii/detector.h"

namespace tokenfoundry::pii {

// What the default profile looks for but names, which need the trained model.
inline std::vector<std::string> EntitiesButNames() {
  std::vector<std::string> names;
  for (const EntityInfo& entity : Entities()) {
    if (entity.name != "PERSON" && entity.profile != "strict") names.emplace_back(entity.name);
  }
  return names;
}

// All of the default profile.
inline const Detector& EverythingAndNames() {
  static const std::unique_ptr<const Detector> detector = *Detector::Create({.names_model = TF_NAME_MODEL});
  return *detector;
}

inline const Detector& EverythingButNames() {
  static const std::unique_ptr<const Detector> detector = *Detector::Create({.entities = EntitiesButNames()});
  return *detector;
}

}  // namespace tokenfoundry::pii
