// What a call uses, in six units at once, and to whom it is attributed, on ten axes.
//
// Plain values. Amounts are int64_t; money is in nano units of the ledger's currency, GPU time in ms. A call's are
// never negative, a correction's may be.
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
enum class Axis : uint8_t {
  kWorkspace = 0,
  kProject,
  kConsumer,
  kKey,
  kIntent,
  kAlias,
  kModel,
  kRegion,
  kEnv,
  kSession
};
constexpr size_t kAxes = 10;
constexpr std::array<std::string_view, kAxes> kAxisNames{"workspace", "project", "consumer", "key", "intent",
                                                         "alias",     "model",   "region",   "env", "session"};
using Axes = std::array<std::string, kAxes>;  // Empty: the call has no value there.

// The caller's own numbers of a call, e.g. its output tokens: the ledger sums them in its rollups and reads none of
// them.
constexpr size_t kTallies = 8;
using Tallies = std::array<int64_t, kTallies>;

inline int64_t Of(const Amounts& amounts, Unit unit) { return amounts[static_cast<size_t>(unit)]; }

// Far above any call: nine million units of money.
constexpr int64_t kMaxAmount = int64_t{1} << 53;
// Of all open holds together: no sum of some of them leaves 63 bits.
constexpr int64_t kMaxHeld = int64_t{1} << 61;

// Of a call: none is negative. kInvalidArgument names the unit.
absl::Status ValidateAmounts(const Amounts& amounts);
// Of a correction: any sign.
absl::Status ValidateDifference(const Amounts& amounts);
absl::Status ValidateTallies(const Tallies& tallies);

}  // namespace tokenfoundry::ledger
