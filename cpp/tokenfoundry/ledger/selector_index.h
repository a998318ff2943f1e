// Which of many selectors match a call, without looking at each: ten thousand budgets of single keys cost what one
// does.
//
// Immutable once made; any thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "tokenfoundry/ledger/selector.h"

namespace tokenfoundry::ledger {

class SelectorIndex {
 public:
  SelectorIndex() = default;
  explicit SelectorIndex(std::vector<Selector> selectors);

  // The numbers of those that match, ascending.
  std::vector<uint32_t> Matching(const Axes& axes) const;

 private:
  std::vector<Selector> selectors_;
  // A selector that names values of an axis is filed under these, on the axis that tells calls apart best; all others
  // are always looked at.
  std::array<std::unordered_map<std::string, std::vector<uint32_t>>, kAxes> filed_;
  std::vector<uint32_t> others_;
};

}  // namespace tokenfoundry::ledger
