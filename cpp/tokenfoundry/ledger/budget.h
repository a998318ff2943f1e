// A budget: which calls it counts, in which unit, over which window, and up to what.
//
// A plain value; the ledger keeps the current set. Caps are in the budget's unit.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tokenfoundry/base/status.h"
#include "tokenfoundry/ledger/amounts.h"
#include "tokenfoundry/ledger/window.h"

namespace tokenfoundry::ledger {

// On disk: never renumbered. A tracking budget counts and never refuses.
enum class Mode : uint8_t { kEnforce = 1, kTrack = 2 };

struct Budget {
  std::string name;  // Unique in the set.
  // Per axis, the values it counts. Empty: any value, or none. "*": any value, but not none.
  std::array<std::vector<std::string>, kAxes> match;
  // One account per combination of values on these axes; a call without a value shares the account of the empty one.
  std::vector<Axis> each;
  Unit unit = Unit::kMoney_nano;
  Window window;
  int64_t hard = 0;
  Mode mode = Mode::kEnforce;

  absl::Status Validate() const;
  bool Matches(const Axes& axes) const;

  // Whether this and `other` count the same calls into the same accounts; caps and mode may differ.
  bool CountsLike(const Budget& other) const;
};

}  // namespace tokenfoundry::ledger
