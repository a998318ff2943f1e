// What a detector finds, as pairs of entity and value, for tests that compare it with what a text holds.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenfoundry/pii/detector.h"

namespace tokenfoundry::pii {

using FoundValues = std::vector<std::pair<std::string, std::string>>;

inline FoundValues FindValues(const Detector& detector, std::string_view text) {
  FoundValues found;
  const auto findings = detector.Detect(text);
  EXPECT_TRUE(findings.ok()) << findings.status();
  for (const Finding& f : *findings) {
    found.emplace_back(detector.entities()[f.entity], text.substr(f.start, f.end - f.start));
  }
  return found;
}

// A text whose value stands between brackets: "nato il [12/03/1980] a Ferrara". Texts hold no other brackets.
inline void ExpectMarked(const Detector& detector, std::string_view entity,
                         std::initializer_list<std::string_view> marked_texts) {
  for (const std::string_view marked : marked_texts) {
    std::string text;
    FoundValues expected;
    bool is_inside = false;
    for (const char c : marked) {
      if (c == '[') expected.emplace_back(entity, "");
      if (c == '[' || c == ']') {
        is_inside = c == '[';
        continue;
      }
      text += c;
      if (is_inside) expected.back().second += c;
    }
    EXPECT_EQ(FindValues(detector, text), expected) << text;
  }
}

inline void ExpectNothing(const Detector& detector, std::initializer_list<std::string_view> texts) {
  for (const std::string_view text : texts) EXPECT_EQ(FindValues(detector, text), FoundValues{}) << text;
}

}  // namespace tokenfoundry::pii
