// Which calls something counts, and how it tells them apart: what a budget and a rate limit have in common.
//
// A plain value.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "tokenfoundry/base/status.h"
#include "tokenfoundry/ledger/amounts.h"

namespace tokenfoundry::ledger {

constexpr std::string_view kAnyValue = "*";

struct Selector {
  // Per axis, the values it counts. Empty: any value, or none. kAnyValue: any value, but not none.
  std::array<std::vector<std::string>, kAxes> match;
  // One account per combination of values on these axes; a call without a value shares the account of the empty one.
  std::vector<Axis> each;

  absl::Status Validate() const;
  bool Matches(const Axes& axes) const;

  friend bool operator==(const Selector&, const Selector&) = default;
};

}  // namespace tokenfoundry::ledger
