// A budget: which calls it counts, in which unit, over which window, and up to what.
//
// A plain value; the ledger keeps the current set. Caps and all other amounts are in the budget's unit.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tokenfoundry/base/status.h"
#include "tokenfoundry/ledger/selector.h"
#include "tokenfoundry/ledger/window.h"

namespace tokenfoundry::ledger {

// On disk: never renumbered. A tracking budget counts with the same arithmetic and never refuses.
enum class Mode : uint8_t { kEnforce = 1, kTrack = 2 };

// What the caller of a refused call should do, and how the cap is approached. On disk: never renumbered.
enum class AtCap : uint8_t {
  kReject = 1,
  kThrottle = 2,   // Beyond throttle_from, what is left is spread evenly over what is left of the window.
  kDowngrade = 3,  // Try a cheaper target.
};

constexpr int64_t kNoCap = INT64_MAX;

// An event is raised when what is used in a window first reaches `amount`.
struct Level {
  std::string name;
  int64_t amount = 0;

  friend bool operator==(const Level&, const Level&) = default;
};

// A credit beside the cap, for spikes: spent by what is used above the cap, refilled with time, also across windows.
struct Burst {
  int64_t size = 0;             // Full at the beginning. 0: no burst.
  int64_t refill = 0;           // This much ..
  int64_t refill_every_ms = 1;  // .. comes back in this time, evenly.
  int64_t max_per_window = INT64_MAX;

  friend bool operator==(const Burst&, const Burst&) = default;
};

struct Budget {
  std::string name;  // Unique in the set.
  Selector calls;
  Unit unit = Unit::kMoney_nano;
  Window window;
  int64_t hard = kNoCap;
  std::vector<Level> levels;  // Ascending.
  Burst burst;
  Mode mode = Mode::kEnforce;
  AtCap at_cap = AtCap::kReject;
  int64_t throttle_from = 0;  // With kThrottle, at most `hard`.
  bool prepaid = false;       // The cap is what its grants still hold: `hard`, burst and a window have no place.

  absl::Status Validate() const;

  // Whether this and `other` count the same calls into the same accounts; caps and mode may differ.
  bool CountsLike(const Budget& other) const;

  friend bool operator==(const Budget&, const Budget&) = default;
};

}  // namespace tokenfoundry::ledger
