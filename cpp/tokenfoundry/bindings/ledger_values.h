// The ledger's values as Python tuples, in the order of their fields.
#pragma once

#include <pybind11/pybind11.h>

#include "tokenfoundry/ledger/ledger.h"

namespace tokenfoundry::bindings {

namespace py = pybind11;

ledger::Amounts ToAmounts(const py::tuple& amounts);
ledger::Tallies ToTallies(const py::tuple& tallies);
ledger::Axes ToAxes(const py::tuple& axes);

// (match: tuple per axis of tuples of str, each: tuple of axis numbers).
ledger::Selector ToSelector(const py::tuple& selector);
// (name, selector, unit, Window, hard or None, levels: tuple of (name, amount),
//  burst: (size, refill, refill_every_ms, max_per_window or None), mode, at_cap, throttle_from, prepaid).
ledger::Budget ToBudget(const py::tuple& budget);
// (kind, budget, each or None, amount, from_ms, until_ms or None, priority, price_nano, price_currency, actor, reason),
// both ways.
ledger::Change ToChange(const py::tuple& change);
py::tuple FromChange(const ledger::Change& change);

py::object TimeOrNone(int64_t at_ms);     // None for kNever.
py::object AmountOrNone(int64_t amount);  // None for kNoCap.

// (seq, id, kind, flags, at, posted_at, amounts, tallies, axes, session_start, burns: tuple of (grant, amount),
//  of or None, change or None, actor, reason, detail).
py::tuple FromEntry(const ledger::Entry& entry);
// (id, amounts, axes, at, detail).
py::tuple FromHold(const ledger::Hold& hold);
// (budget, unit, cause, at_cap, cap, used, held, requested, left, resets_at, admits_at).
py::tuple FromRefusal(const ledger::Refusal& refusal);
// (budget, ((axis, value), ...), unit, mode, start, end, cap, posted, used, held, left, over_by, raised, burst_left,
//  frozen).
py::tuple FromBalance(const ledger::Balance& balance);
// (seq, kind, entry, at, budget, each, unit, level, amount, used, cap, start, end).
py::tuple FromEvent(const ledger::Event& event);
// (hour, axes, entries per kind, overruns, uncertain, estimated, amounts, tallies).
py::tuple FromRollup(const ledger::Rollup& rollup);
// (seq, change, created, spent, held).
py::tuple FromGrant(const ledger::Grant& grant);

template <typename T>
py::list ListOf(const std::vector<T>& values, py::tuple (*from)(const T&)) {
  py::list out(values.size());
  for (size_t i = 0; i < values.size(); ++i) out[i] = from(values[i]);
  return out;
}

}  // namespace tokenfoundry::bindings
