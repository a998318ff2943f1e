// Sums of the entries of one hour and one combination of axes: what reports read instead of the entries.
//
// A plain value. Sessions are left out, or every session would make a row.
#pragma once

#include <array>
#include <cstdint>

#include "tokenfoundry/ledger/amounts.h"
#include "tokenfoundry/ledger/entry.h"

namespace tokenfoundry::ledger {

constexpr int64_t kHour_ms = 3'600'000;

struct Rollup {
  int64_t hour_ms = 0;                          // Its beginning, of Entry::at_ms.
  Axes axes;                                    // kSession is empty.
  std::array<uint64_t, kEntryKinds> entries{};  // By kind, from kSettled.
  uint64_t overruns = 0;
  uint64_t uncertain = 0;
  uint64_t estimated = 0;
  Amounts amounts{};
  Tallies tallies{};

  void Add(const Entry& entry);

  friend bool operator==(const Rollup&, const Rollup&) = default;
};

}  // namespace tokenfoundry::ledger
