// Windows of time: the span over which a budget counts, as a pure function of its spec and an instant.
//
// There is no reset job: a new window is a new account. The windows of a spec cover all time without gap or overlap.
//
// Values, immutable once made; any thread. Times are Unix ms; a zone's table is in Unix seconds.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tokenfoundry/base/status.h"

namespace tokenfoundry::ledger {

constexpr int64_t kNever = INT64_MAX;             // The end of a window that does not end.
constexpr int64_t kMaxTime_ms = 253402300800000;  // The year 10000. Times are in [0, kMaxTime_ms).

// From `at_s` on, local time is UTC plus `offset_s`.
struct Transition {
  int64_t at_s;
  int32_t offset_s;

  friend bool operator==(const Transition&, const Transition&) = default;
};

// A time zone as the caller's table: the core reads no zone files. The first offset also holds before the first
// transition, the last one for ever.
struct Zone {
  std::string name;                     // IANA name, kept with the budget; not interpreted.
  std::vector<Transition> transitions;  // Ascending, at least one.

  absl::Status Validate() const;
  int32_t OffsetAt(int64_t utc_s) const;

  // The first instant at which the local clock shows `local_s` or later: inside a gap that is the end of the gap, in a
  // fold the first occurrence.
  int64_t FirstInstant(int64_t local_s) const;

  friend bool operator==(const Zone&, const Zone&) = default;
};

enum class WindowKind : uint8_t { kDaily = 1, kMonthly = 2, kLifetime = 3 };  // On disk: never renumbered.

struct Bounds {
  int64_t start_ms;
  int64_t end_ms;  // Exclusive.

  friend bool operator==(const Bounds&, const Bounds&) = default;
};

struct Window {
  WindowKind kind = WindowKind::kLifetime;
  int32_t anchor_day = 1;            // Monthly: the day it begins, clamped to each month's length. [1, 31].
  std::shared_ptr<const Zone> zone;  // Shared by all budgets of a zone. Required; lifetime ignores it.

  absl::Status Validate() const;
  Bounds BoundsAt(int64_t at_ms) const;
};

}  // namespace tokenfoundry::ledger
