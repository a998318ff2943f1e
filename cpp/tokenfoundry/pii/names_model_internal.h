// The trained weights as a file (FORMAT.md): mapped, checked whole at load, then borrowed.
//
// Immutable and thread-safe. Weights are in units of `step` logits.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/base/attributes.h"
#include "tokenfoundry/base/mapped_file.h"
#include "tokenfoundry/base/status.h"
#include "tokenfoundry/pii/names_features_internal.h"

namespace tokenfoundry::pii {

inline constexpr int kLabels = 3;  // O, B (a name begins), I (it goes on).
enum Label : uint8_t { kOutside = 0, kBegin = 1, kInside = 2 };

// [gap before][label before][label]
inline constexpr int kTransitions = kGapCount * kLabels * kLabels;
inline int TransitionIndex(Gap gap, int before, int label) {
  return (static_cast<int>(gap) * kLabels + before) * kLabels + label;
}

struct NameWeights {
  float step = 0;                                      // Logits.
  float bias = 0;                                      // Logits in favour of a name, at every word.
  std::array<int16_t, kTransitions> transitions = {};  //
  std::string lexicon;                                 // kLexiconBytes
  std::string words;                                   // kWordRows * kWordRowWeights int8
  std::string pairs;                                   // kPairRows * kPairRowWeights int8
};

std::string EncodeNameModel(const NameWeights& weights);

class NameModel {
 public:
  // kDataLoss says what is wrong with a file that is not a whole model of this feature version.
  static absl::StatusOr<std::unique_ptr<const NameModel>> Load(const std::string& path);

  const Lexicon& lexicon() const ABSL_ATTRIBUTE_LIFETIME_BOUND { return lexicon_; }
  const int8_t* word_row(uint32_t row) const ABSL_ATTRIBUTE_LIFETIME_BOUND { return words_ + row * kWordRowWeights; }
  const int8_t* pair_row(uint32_t row) const ABSL_ATTRIBUTE_LIFETIME_BOUND { return pairs_ + row * kPairRowWeights; }
  int transition(Gap gap, int before, int label) const { return transitions_[TransitionIndex(gap, before, label)]; }
  float step() const { return step_; }
  float bias() const { return bias_; }

 private:
  NameModel(std::unique_ptr<const MappedFile> file, float step, float bias, const char* body);

  const std::unique_ptr<const MappedFile> file_;  // What the pointers below borrow.
  const float step_;
  const float bias_;
  const Lexicon lexicon_;
  const int8_t* const words_;
  const int8_t* const pairs_;
  std::array<int16_t, kTransitions> transitions_;
};

}  // namespace tokenfoundry::pii
