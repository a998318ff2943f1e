#include <algorithm>
#include <cmath>

#include "tokenfoundry/pii/names_decode_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr int32_t kImpossible = -(1 << 28);

bool Follows(int before, int label) { return label != kInside || before != kOutside; }

}  // namespace

void BestLabels(const NameModel& model, std::span<const Emission> emissions, std::span<const Gap> gaps,
                std::span<uint8_t> labels) {
  std::array<std::array<uint8_t, kLabels>, kMaxRunWords> from;
  std::array<int32_t, kLabels> best = {0, emissions[0].begin, kImpossible};
  for (size_t i = 1; i < emissions.size(); ++i) {
    const std::array<int32_t, kLabels> emission = {0, emissions[i].begin, emissions[i].inside};
    std::array<int32_t, kLabels> next;
    for (int label = 0; label < kLabels; ++label) {
      int32_t top = kImpossible * 2;
      for (int before = 0; before < kLabels; ++before) {
        if (!Follows(before, label)) continue;
        const int32_t score = best[before] + model.transition(gaps[i], before, label);
        if (score <= top) continue;
        top = score;
        from[i][label] = static_cast<uint8_t>(before);
      }
      next[label] = top + emission[label];
    }
    best = next;
  }
  int label = static_cast<int>(std::max_element(best.begin(), best.end()) - best.begin());
  for (size_t i = emissions.size(); i-- > 0;) {
    labels[i] = static_cast<uint8_t>(label);
    if (i > 0) label = from[i][label];
  }
}

void NameProbabilities(const NameModel& model, std::span<const Emission> emissions, std::span<const Gap> gaps,
                       std::span<float> probabilities) {
  using Row = std::array<float, kLabels>;
  std::array<Row, kMaxRunWords> forward;   // Each row scaled to sum 1.
  std::array<Row, kMaxRunWords> emission;  // Factors, the greatest of a word 1.
  const float step = model.step();
  for (size_t i = 0; i < emissions.size(); ++i) {
    const float begin = static_cast<float>(emissions[i].begin) * step;
    const float inside = static_cast<float>(emissions[i].inside) * step;
    const float top = std::max({0.0f, begin, i == 0 ? 0.0f : inside});
    emission[i] = {std::exp(-top), std::exp(begin - top), i == 0 ? 0.0f : std::exp(inside - top)};
  }
  const auto factor = [&](size_t i, int before, int label) {
    if (!Follows(before, label)) return 0.0f;
    return std::exp(static_cast<float>(model.transition(gaps[i], before, label)) * step);
  };
  const auto scale = [](Row* row) {
    const float sum = (*row)[0] + (*row)[1] + (*row)[2];
    for (float& value : *row) value /= sum;
  };
  forward[0] = emission[0];
  scale(&forward[0]);
  for (size_t i = 1; i < emissions.size(); ++i) {
    for (int label = 0; label < kLabels; ++label) {
      float sum = 0;
      for (int before = 0; before < kLabels; ++before) sum += forward[i - 1][before] * factor(i, before, label);
      forward[i][label] = sum * emission[i][label];
    }
    scale(&forward[i]);
  }
  Row backward = {1, 1, 1};
  for (size_t i = emissions.size(); i-- > 0;) {
    Row both = {forward[i][0] * backward[0], forward[i][1] * backward[1], forward[i][2] * backward[2]};
    scale(&both);
    probabilities[i] = 1 - both[kOutside];
    if (i == 0) break;
    Row earlier;
    for (int before = 0; before < kLabels; ++before) {
      float sum = 0;
      for (int label = 0; label < kLabels; ++label)
        sum += factor(i, before, label) * emission[i][label] * backward[label];
      earlier[before] = sum;
    }
    scale(&earlier);
    backward = earlier;
  }
}

}  // namespace tokenfoundry::pii
