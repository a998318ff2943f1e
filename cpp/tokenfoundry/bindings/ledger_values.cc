#include "tokenfoundry/bindings/ledger_values.h"

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

std::string Text(const py::handle& text) { return std::string(Utf8(py::cast<py::str>(text))); }

}  // namespace

ledger::Amounts ToAmounts(const py::tuple& amounts) {
  CheckSize(amounts, ledger::kUnits, "amounts");
  ledger::Amounts out;
  for (size_t i = 0; i < out.size(); ++i) out[i] = py::cast<int64_t>(amounts[i]);
  return out;
}

ledger::Axes ToAxes(const py::tuple& axes) {
  CheckSize(axes, ledger::kAxes, "axes");
  ledger::Axes out;
  for (size_t i = 0; i < out.size(); ++i) out[i] = Text(axes[i]);
  return out;
}

ledger::Budget ToBudget(const py::tuple& budget) {
  CheckSize(budget, 7, "budget");
  ledger::Budget out;
  out.name = Text(budget[0]);
  const auto match = py::cast<py::tuple>(budget[1]);
  CheckSize(match, ledger::kAxes, "match");
  for (size_t i = 0; i < out.match.size(); ++i) {
    for (const py::handle value : py::cast<py::tuple>(match[i])) out.match[i].push_back(Text(value));
  }
  for (const py::handle axis : py::cast<py::tuple>(budget[2])) {
    out.each.push_back(static_cast<ledger::Axis>(py::cast<uint8_t>(axis)));
  }
  out.unit = static_cast<ledger::Unit>(py::cast<uint8_t>(budget[3]));
  out.window = py::cast<ledger::Window>(budget[4]);
  out.hard = py::cast<int64_t>(budget[5]);
  out.mode = static_cast<ledger::Mode>(py::cast<uint8_t>(budget[6]));
  return out;
}

py::object TimeOrNone(int64_t at_ms) {
  if (at_ms == ledger::kNever) return py::none();
  return py::int_(at_ms);
}

py::tuple FromAmounts(const ledger::Amounts& amounts) {
  py::tuple out(amounts.size());
  for (size_t i = 0; i < amounts.size(); ++i) out[i] = py::int_(amounts[i]);
  return out;
}

py::tuple FromAxes(const ledger::Axes& axes) {
  py::tuple out(axes.size());
  for (size_t i = 0; i < axes.size(); ++i) out[i] = py::str(axes[i]);
  return out;
}

py::tuple FromEntry(const ledger::Entry& entry) {
  return py::make_tuple(entry.seq, entry.id, Number(entry.kind), entry.flags, entry.at_ms, entry.posted_at_ms,
                        FromAmounts(entry.amounts), FromAxes(entry.axes), py::bytes(entry.detail));
}

py::tuple FromHold(const ledger::Hold& hold) {
  return py::make_tuple(hold.id, FromAmounts(hold.amounts), FromAxes(hold.axes), hold.at_ms, py::bytes(hold.detail));
}

py::tuple FromRefusal(const ledger::Refusal& refusal) {
  return py::make_tuple(refusal.budget, Number(refusal.unit), Number(refusal.cause), refusal.cap, refusal.posted,
                        refusal.held, refusal.requested, refusal.left, TimeOrNone(refusal.resets_at_ms));
}

py::tuple FromBalance(const ledger::Balance& balance) {
  py::tuple each(balance.each.size());
  for (size_t i = 0; i < balance.each.size(); ++i) {
    each[i] = py::make_tuple(Number(balance.each[i].first), balance.each[i].second);
  }
  return py::make_tuple(balance.budget, each, Number(balance.unit), balance.start_ms, TimeOrNone(balance.end_ms),
                        balance.cap, balance.posted, balance.held, balance.left, balance.over_by, Number(balance.mode));
}

}  // namespace tokenfoundry::bindings
