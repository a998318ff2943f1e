#include "tokenfoundry/ledger/rollup.h"

#include "tokenfoundry/base/checked.h"

namespace tokenfoundry::ledger {

void Rollup::Add(const Entry& entry) {
  ++entries[static_cast<size_t>(entry.kind) - 1];
  overruns += (entry.flags & kOverrun) != 0;
  uncertain += (entry.flags & kUncertain) != 0;
  estimated += (entry.flags & kEstimated) != 0;
  for (size_t i = 0; i < kUnits; ++i) amounts[i] = SaturatingAdd(amounts[i], entry.amounts[i]);
  for (size_t i = 0; i < kTallies; ++i) tallies[i] = SaturatingAdd(tallies[i], entry.tallies[i]);
}

}  // namespace tokenfoundry::ledger
