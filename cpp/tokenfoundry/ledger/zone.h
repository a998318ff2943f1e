// Time zones as tables of offsets: the core reads no zone files, so that old windows stay where they were when the zone
// database changes.
//
// Values, immutable once made; any thread. Times are Unix seconds (`_s`), and so are offsets from UTC.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tokenfoundry/base/status.h"

namespace tokenfoundry::ledger {

// From `at_s` on, local time is UTC plus `offset_s`.
struct Transition {
  int64_t at_s;
  int32_t offset_s;

  friend bool operator==(const Transition&, const Transition&) = default;
};

// The first offset also holds before the first transition, the last one for ever. A local time is written as the Unix
// seconds of the instant at which a clock on UTC shows it.
struct Zone {
  std::string name;                     // IANA name, kept with the budget; not interpreted.
  std::vector<Transition> transitions;  // Ascending, at least one. No offset exceeds a day.

  absl::Status Validate() const;
  int32_t OffsetAt(int64_t utc_s) const;

  // The first instant at which the local clock shows `local_s` or later: inside a gap that is the end of the gap, in a
  // fold the first occurrence. Never decreases with `local_s`.
  int64_t FirstInstant(int64_t local_s) const;

  friend bool operator==(const Zone&, const Zone&) = default;
};

}  // namespace tokenfoundry::ledger
