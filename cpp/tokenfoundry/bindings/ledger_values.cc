#include "tokenfoundry/bindings/ledger_values.h"

#include <pybind11/stl.h>

#include "tokenfoundry/bindings/convert.h"

namespace tokenfoundry::bindings {
namespace {

void CheckSize(const py::tuple& tuple, size_t size, const char* what) {
  if (tuple.size() != size) Raise(absl::InvalidArgumentError(std::string(what) + ": wrong number of fields"));
}

template <typename Enum>
int Number(Enum value) {
  return static_cast<int>(value);
}

template <typename Enum>
Enum ToEnum(const py::handle& number) {
  return static_cast<Enum>(py::cast<uint8_t>(number));
}

std::string Text(const py::handle& text) { return std::string(Utf8(py::cast<py::str>(text))); }

template <typename T>
py::tuple TupleOf(const std::vector<T>& values) {
  py::tuple out(values.size());
  for (size_t i = 0; i < values.size(); ++i) out[i] = values[i];
  return out;
}

template <typename T, size_t kSize>
py::tuple TupleOf(const std::array<T, kSize>& values) {
  py::tuple out(kSize);
  for (size_t i = 0; i < kSize; ++i) out[i] = values[i];
  return out;
}

// As the fields of tokenfoundry.ledger.Tallies are called.
constexpr std::array<std::string_view, ledger::kTallies> kTallyNames{
    "input_tokens",     "output_tokens",       "cache_read_tokens", "cache_write_tokens",
    "reasoning_tokens", "counterfactual_nano", "latency_ms",        "findings"};

// Integers, and no bool for one, within what one call may state. Raises InvalidInput naming the field.
template <size_t kSize>
std::array<int64_t, kSize> Numbers(const py::tuple& values, const char* what,
                                   const std::array<std::string_view, kSize>& names) {
  CheckSize(values, kSize, what);
  std::array<int64_t, kSize> out;
  for (size_t i = 0; i < kSize; ++i) {
    PyObject* const value = PyTuple_GET_ITEM(values.ptr(), i);
    const bool is_integer = PyLong_CheckExact(value);
    int overflow = 0;
    out[i] = is_integer ? PyLong_AsLongLongAndOverflow(value, &overflow) : 0;
    const bool fits = overflow == 0 && out[i] >= -ledger::kMaxAmount && out[i] <= ledger::kMaxAmount;
    if (is_integer && fits) continue;
    const std::string said = std::string(what) + "." + std::string(names[i]) + ": " + std::string(py::repr(value));
    Raise(absl::InvalidArgumentError(said + (is_integer ? " is not in [-2**53, 2**53]" : " is not an integer")));
  }
  return out;
}

}  // namespace

ledger::Amounts ToAmounts(const py::tuple& amounts) { return Numbers(amounts, "amounts", ledger::kUnitNames); }
ledger::Tallies ToTallies(const py::tuple& tallies) { return Numbers(tallies, "tallies", kTallyNames); }

ledger::Axes ToAxes(const py::tuple& axes) {
  CheckSize(axes, ledger::kAxes, "axes");
  ledger::Axes out;
  for (size_t i = 0; i < out.size(); ++i) out[i] = Text(axes[i]);
  return out;
}

ledger::Selector ToSelector(const py::tuple& selector) {
  CheckSize(selector, 2, "selector");
  ledger::Selector out;
  const auto match = py::cast<py::tuple>(selector[0]);
  CheckSize(match, ledger::kAxes, "match");
  for (size_t i = 0; i < out.match.size(); ++i) {
    for (const py::handle value : py::cast<py::tuple>(match[i])) out.match[i].push_back(Text(value));
  }
  for (const py::handle axis : py::cast<py::tuple>(selector[1])) out.each.push_back(ToEnum<ledger::Axis>(axis));
  return out;
}

ledger::Budget ToBudget(const py::tuple& budget) {
  CheckSize(budget, 11, "budget");
  ledger::Budget out;
  out.name = Text(budget[0]);
  out.calls = ToSelector(py::cast<py::tuple>(budget[1]));
  out.unit = ToEnum<ledger::Unit>(budget[2]);
  out.window = py::cast<ledger::Window>(budget[3]);
  if (!budget[4].is_none()) out.hard = py::cast<int64_t>(budget[4]);
  for (const py::handle level : py::cast<py::tuple>(budget[5])) {
    const auto fields = py::cast<py::tuple>(level);
    CheckSize(fields, 2, "level");
    out.levels.push_back({Text(fields[0]), py::cast<int64_t>(fields[1])});
  }
  const auto burst = py::cast<py::tuple>(budget[6]);
  CheckSize(burst, 4, "burst");
  out.burst.size = py::cast<int64_t>(burst[0]);
  out.burst.refill = py::cast<int64_t>(burst[1]);
  out.burst.refill_every_ms = py::cast<int64_t>(burst[2]);
  if (!burst[3].is_none()) out.burst.max_per_window = py::cast<int64_t>(burst[3]);
  out.mode = ToEnum<ledger::Mode>(budget[7]);
  out.at_cap = ToEnum<ledger::AtCap>(budget[8]);
  out.throttle_from = py::cast<int64_t>(budget[9]);
  out.prepaid = py::cast<bool>(budget[10]);
  return out;
}

ledger::Change ToChange(const py::tuple& change) {
  CheckSize(change, 11, "change");
  ledger::Change out;
  out.kind = ToEnum<ledger::ChangeKind>(change[0]);
  out.budget = Text(change[1]);
  if (!change[2].is_none()) {
    out.each.emplace();
    for (const py::handle value : py::cast<py::tuple>(change[2])) out.each->push_back(Text(value));
  }
  out.amount = py::cast<int64_t>(change[3]);
  out.from_ms = py::cast<int64_t>(change[4]);
  if (!change[5].is_none()) out.until_ms = py::cast<int64_t>(change[5]);
  out.priority = py::cast<int32_t>(change[6]);
  out.price_nano = py::cast<int64_t>(change[7]);
  out.price_currency = Text(change[8]);
  out.actor = Text(change[9]);
  out.reason = Text(change[10]);
  return out;
}

py::tuple FromChange(const ledger::Change& change) {
  py::object each = py::none();
  if (change.each) each = TupleOf(*change.each);
  return py::make_tuple(Number(change.kind), change.budget, each, change.amount, change.from_ms,
                        TimeOrNone(change.until_ms), change.priority, change.price_nano, change.price_currency,
                        change.actor, change.reason);
}

py::object TimeOrNone(int64_t at_ms) {
  if (at_ms == ledger::kNever) return py::none();
  return py::int_(at_ms);
}

py::object AmountOrNone(int64_t amount) {
  if (amount == ledger::kNoCap) return py::none();
  return py::int_(amount);
}

py::tuple FromEntry(const ledger::Entry& entry) {
  py::tuple burns(entry.burns.size());
  for (size_t i = 0; i < entry.burns.size(); ++i)
    burns[i] = py::make_tuple(entry.burns[i].grant, entry.burns[i].amount);
  py::object change = py::none();
  if (entry.change) change = FromChange(*entry.change);
  return py::make_tuple(entry.seq, entry.id, Number(entry.kind), entry.flags, entry.at_ms, entry.posted_at_ms,
                        TupleOf(entry.amounts), TupleOf(entry.tallies), TupleOf(entry.axes), entry.session_start_ms,
                        burns, entry.of, change, entry.actor, entry.reason, py::bytes(entry.detail));
}

py::tuple FromHold(const ledger::Hold& hold) {
  return py::make_tuple(hold.id, TupleOf(hold.amounts), TupleOf(hold.axes), hold.at_ms, py::bytes(hold.detail));
}

py::tuple FromRefusal(const ledger::Refusal& refusal) {
  return py::make_tuple(refusal.budget, Number(refusal.unit), Number(refusal.cause), Number(refusal.at_cap),
                        refusal.cap, refusal.used, refusal.held, refusal.requested, refusal.left,
                        TimeOrNone(refusal.resets_at_ms), TimeOrNone(refusal.admits_at_ms));
}

py::tuple FromBalance(const ledger::Balance& balance) {
  py::tuple each(balance.each.size());
  for (size_t i = 0; i < balance.each.size(); ++i) {
    each[i] = py::make_tuple(Number(balance.each[i].first), balance.each[i].second);
  }
  return py::make_tuple(balance.budget, each, Number(balance.unit), Number(balance.mode), balance.start_ms,
                        TimeOrNone(balance.end_ms), AmountOrNone(balance.cap), balance.posted, balance.used,
                        balance.held, AmountOrNone(balance.left), balance.over_by, balance.raised, balance.burst_left,
                        balance.frozen);
}

py::tuple FromEvent(const ledger::Event& event) {
  return py::make_tuple(event.seq, Number(event.kind), event.entry, event.at_ms, event.budget, TupleOf(event.each),
                        Number(event.unit), event.level, event.amount, event.used, AmountOrNone(event.cap),
                        event.start_ms, TimeOrNone(event.end_ms));
}

py::tuple FromRollup(const ledger::Rollup& rollup) {
  return py::make_tuple(rollup.hour_ms, TupleOf(rollup.axes), TupleOf(rollup.entries), rollup.overruns,
                        rollup.uncertain, rollup.estimated, TupleOf(rollup.amounts), TupleOf(rollup.tallies));
}

py::tuple FromGrant(const ledger::Grant& grant) {
  return py::make_tuple(grant.seq, FromChange(grant.change), grant.created_ms, grant.spent, grant.held);
}

}  // namespace tokenfoundry::bindings
