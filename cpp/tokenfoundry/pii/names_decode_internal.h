// The best labels of a run, and how sure they are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tokenfoundry/pii/names_model_internal.h"
#include "tokenfoundry/pii/names_runs_internal.h"

namespace tokenfoundry::pii {

// What one word's features say for B and for I, against O; in units of the model's step.
struct Emission {
  int32_t begin;
  int32_t inside;
};

// The most probable labels of a run, given what its words say and what may follow what. `gaps[i]` is the gap before
// word i; the first is not looked at. A run begins as after O, so its first label is never I.
void BestLabels(const NameModel& model, std::span<const Emission> emissions, std::span<const Gap> gaps,
                std::span<uint8_t> labels);

// The probability of each word to be part of a name, by forward-backward.
void NameProbabilities(const NameModel& model, std::span<const Emission> emissions, std::span<const Gap> gaps,
                       std::span<float> probabilities);

}  // namespace tokenfoundry::pii
