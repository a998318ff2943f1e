// Windows of time: the span over which a budget counts, as a pure function of its spec and an instant.
//
// There is no reset job: a new window is a new account. The windows of a spec cover all time without gap or overlap.
//
// Values, immutable once made; any thread. Instants and lengths are Unix ms (`_ms`), times of day seconds after local
// midnight (`_s`).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "tokenfoundry/base/status.h"
#include "tokenfoundry/ledger/zone.h"

namespace tokenfoundry::ledger {

constexpr int64_t kNever = INT64_MAX;             // The end of a window that does not end.
constexpr int64_t kMaxTime_ms = 253402300800000;  // The year 10000. Times are in [0, kMaxTime_ms).

// On disk: never renumbered.
enum class WindowKind : uint8_t {
  kDaily = 1,
  kMonthly = 2,
  kLifetime = 3,
  kWeekly = 4,
  kQuarterly = 5,
  kYearly = 6,
  kShift = 7,    // From each start of `starts_s` to the next one, the last of a day over midnight.
  kRolling = 8,  // The last `length_ms`, counted in slots: a call must fit in every such span that contains its slot.
  kSession = 9,  // Begins and ends with what the ledger calls a session.
};

constexpr int kRollingSlots = 60;                              // A rolling window moves on in steps of length / 60.
constexpr int64_t kMinRolling_ms = 60'000;                     // One minute: slots of a second.
constexpr int64_t kMaxRolling_ms = int64_t{366} * 86'400'000;  // 366 days.
constexpr size_t kMaxShifts = 48;                              // Half hours of a day.

struct Bounds {
  int64_t start_ms;
  int64_t end_ms;  // Exclusive.

  friend bool operator==(const Bounds&, const Bounds&) = default;
};

struct Window {
  WindowKind kind = WindowKind::kLifetime;
  int32_t anchor_day = 1;         // Monthly, quarterly, yearly: [1, 31], clamped to each month's length, without drift.
  int32_t anchor_month = 1;       // Quarterly, yearly: the fiscal year's first month. [1, 12].
  int32_t iso_weekday = 1;        // Weekly: the day it begins; 1 is Monday. [1, 7].
  int32_t at_s = 0;               // Daily to yearly: the local time of day at which it begins. [0, 86400).
  std::vector<int32_t> starts_s;  // Shift: local times of day, ascending, 1 to kMaxShifts. Else empty.
  int64_t length_ms = 0;          // Rolling: a multiple of kRollingSlots in [kMinRolling_ms, kMaxRolling_ms]. Else 0.
  std::shared_ptr<const Zone> zone;  // Shared by all budgets of a zone. Required; lifetime, rolling, session ignore it.

  absl::Status Validate() const;

  // The window that contains `at_ms`; never an empty one. A local time that a clock change skips is the moment of the
  // change, one that occurs twice its first occurrence. Rolling: the slot that contains `at_ms`, of length_ms /
  // kRollingSlots, aligned to the Unix epoch. Session: {0, kNever}, as its windows begin when the ledger says.
  // About 0.1 us.
  Bounds BoundsAt(int64_t at_ms) const;

  // Whether every field is equal; of zones their tables, not their addresses.
  friend bool operator==(const Window& left, const Window& right);
};

}  // namespace tokenfoundry::ledger
