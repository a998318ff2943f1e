// What a budget has to say to somebody: a level reached, a cap overrun.
//
// A plain value, stored in the batch of the entry that caused it: raised once, also across restarts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tokenfoundry/base/status.h"
#include "tokenfoundry/ledger/amounts.h"

namespace tokenfoundry::ledger {

// On disk: never renumbered.
enum class EventKind : uint8_t {
  kLevel = 1,     // What is used in the window reached the level; once per window and level.
  kOverHold = 2,  // An entry used more than it held: past a cap, perhaps.
};

struct Event {
  uint64_t seq = 0;  // From 0, without holes.
  EventKind kind = EventKind::kLevel;
  uint64_t entry = 0;  // The sequence number of the entry that caused it.
  int64_t at_ms = 0;   // When.
  std::string budget;
  std::vector<std::string> each;  // The values of the account, in the order of the budget's axes.
  Unit unit = Unit::kMoney_nano;
  std::string level;     // Its name; kLevel.
  int64_t amount = 0;    // Of the level; of an overrun, how much was used above the hold.
  int64_t used = 0;      // In the window, now.
  int64_t cap = 0;       // In force, now.
  int64_t start_ms = 0;  // Of the window.
  int64_t end_ms = 0;

  friend bool operator==(const Event&, const Event&) = default;
};

}  // namespace tokenfoundry::ledger
