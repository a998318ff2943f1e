// The ledger's values as Python tuples, in the order of their fields.
#pragma once

#include <pybind11/pybind11.h>

#include "tokenfoundry/ledger/ledger.h"

namespace tokenfoundry::bindings {

namespace py = pybind11;

ledger::Amounts ToAmounts(const py::tuple& amounts);
ledger::Axes ToAxes(const py::tuple& axes);

// (name, match: tuple per axis of tuples of str, each: tuple of axis numbers, unit, Window, hard, mode).
ledger::Budget ToBudget(const py::tuple& budget);

py::object TimeOrNone(int64_t at_ms);  // None for kNever.
py::tuple FromAmounts(const ledger::Amounts& amounts);
py::tuple FromAxes(const ledger::Axes& axes);

// (seq, id, kind, flags, at, posted_at, amounts, axes, detail).
py::tuple FromEntry(const ledger::Entry& entry);
// (id, amounts, axes, at, detail).
py::tuple FromHold(const ledger::Hold& hold);
// (budget, unit, cause, cap, posted, held, requested, left, resets_at).
py::tuple FromRefusal(const ledger::Refusal& refusal);
// (budget, ((axis, value), ...), unit, start, end, cap, posted, held, left, over_by, mode).
py::tuple FromBalance(const ledger::Balance& balance);

}  // namespace tokenfoundry::bindings
