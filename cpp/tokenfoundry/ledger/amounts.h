// What a call uses, in six units at once, and to whom it is attributed, on nine axes.
//
// Plain values. Amounts are int64_t and never negative; money is in nano units of the ledger's currency, GPU time in
// ms.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "tokenfoundry/base/status.h"

namespace tokenfoundry::ledger {

// On disk by position: never reordered.
enum class Unit : uint8_t { kMoney_nano = 0, kTokens, kRequests, kImages, kAudio, kGpu_ms };
constexpr size_t kUnits = 6;
constexpr std::array<std::string_view, kUnits> kUnitNames{"money_nano", "tokens", "requests",
                                                          "images",     "audio",  "gpu_ms"};
using Amounts = std::array<int64_t, kUnits>;

// On disk by position: never reordered. Model and region are those of the target that serves.
enum class Axis : uint8_t { kWorkspace = 0, kProject, kConsumer, kKey, kIntent, kAlias, kModel, kRegion, kEnv };
constexpr size_t kAxes = 9;
constexpr std::array<std::string_view, kAxes> kAxisNames{"workspace", "project", "consumer", "key", "intent",
                                                         "alias",     "model",   "region",   "env"};
using Axes = std::array<std::string, kAxes>;  // Empty: the call has no value there.

inline int64_t Of(const Amounts& amounts, Unit unit) { return amounts[static_cast<size_t>(unit)]; }

// Far above any call (nine million units of money), and far enough below 63 bits that no sum of open holds leaves them.
constexpr int64_t kMaxAmount = int64_t{1} << 53;

inline absl::Status ValidateAmounts(const Amounts& amounts) {
  for (size_t i = 0; i < kUnits; ++i) {
    const std::string name = "amounts." + std::string(kUnitNames[i]);
    if (amounts[i] < 0) return absl::InvalidArgumentError(name + ": negative");
    if (amounts[i] > kMaxAmount) return absl::InvalidArgumentError(name + ": above 2**53");
  }
  return absl::OkStatus();
}

}  // namespace tokenfoundry::ledger
