#include "tokenfoundry/books/books.h"

#include <pybind11/stl.h>

#include <memory>
#include <utility>

#include "tokenfoundry/bindings/bindings.h"
#include "tokenfoundry/bindings/books_handle.h"
#include "tokenfoundry/bindings/convert.h"
#include "tokenfoundry/bindings/ledger_values.h"

namespace tokenfoundry::bindings {
namespace {

// Runs `call` on the books without the GIL.
template <typename Call>
auto Unlocked(const BooksHandle& self, const Call& call) {
  std::shared_ptr<books::Books> books = self.Use();
  const py::gil_scoped_release no_gil;
  auto result = call(*books);
  books.reset();  // Perhaps the last: closing must not hold the GIL either.
  return result;
}

store::OnStall OnStallOf(bool may_wait) { return may_wait ? store::OnStall::kWait : store::OnStall::kReturn; }

std::optional<std::string> Optional(const std::optional<py::bytes>& bytes) {
  if (!bytes) return std::nullopt;
  return std::string(View(*bytes));
}

BooksHandle Open(const py::str& path, const py::str& durability, bool read_only, int64_t now_ms,
                 int64_t session_idle_ms) {
  const std::string_view name = Utf8(durability);
  if (name != "process" && name != "power") Raise(absl::InvalidArgumentError("durability: not process or power"));
  books::BooksOptions options;
  options.path = Utf8(path);
  options.read_only = read_only;
  options.durability = name == "power" ? store::Durability::kPower : store::Durability::kProcess;
  options.now_ms = now_ms;
  options.session_idle_ms = session_idle_ms;
  auto opened = [&] {
    const py::gil_scoped_release no_gil;
    return books::Books::Open(options);
  }();
  return BooksHandle(Unwrap(std::move(opened)));
}

py::object RefusalOrNone(const std::optional<ledger::Refusal>& refusal) {
  if (!refusal) return py::none();
  return FromRefusal(*refusal);
}

// (ticket, when the held call began or None, refusal or None, what a tracking budget would have refused or None); None
// for a stall. The rest of a hold is what was asked for.
py::object Reserve(const BooksHandle& self, const py::str& id, const py::tuple& amounts, const py::tuple& axes,
                   std::optional<int64_t> at_ms, int64_t now_ms, const py::bytes& detail, bool may_wait) {
  const ledger::ReserveRequest request{std::string(Utf8(id)),    ToAmounts(amounts), ToAxes(axes), at_ms, now_ms,
                                       std::string(View(detail))};
  auto reserved =
      Unlocked(self, [&](books::Books& books) { return books.ledger().Reserve(request, OnStallOf(may_wait)); });
  if (!may_wait && store::IsStall(reserved.status())) return py::none();
  const ledger::Reserved result = Unwrap(std::move(reserved));
  if (const auto* hold = std::get_if<ledger::Hold>(&result.outcome)) {
    return py::make_tuple(result.ticket, hold->at_ms, py::none(), RefusalOrNone(result.tracked));
  }
  return py::make_tuple(result.ticket, py::none(), FromRefusal(std::get<ledger::Refusal>(result.outcome)), py::none());
}

// What of an entry that was just written goes to Python: all of it takes longer to make than the entry.
enum class Told { kSeq, kEntry };

Told ToldOf(bool whole) { return whole ? Told::kEntry : Told::kSeq; }

// (ticket, entry or its seq, events); (ticket, None, refusal) for a record that must fit and does not; None for a
// stall.
py::object FromPosted(absl::StatusOr<ledger::Posted> posted, bool may_wait, Told told) {
  if (!may_wait && store::IsStall(posted.status())) return py::none();
  const ledger::Posted result = Unwrap(std::move(posted));
  if (result.refusal) return py::make_tuple(result.ticket, py::none(), FromRefusal(*result.refusal));
  py::object entry = told == Told::kSeq ? py::object(py::int_(result.entry.seq)) : FromEntry(result.entry);
  return py::make_tuple(result.ticket, std::move(entry), ListOf(result.events, FromEvent));
}

py::object Settle(const BooksHandle& self, const py::str& id, const py::tuple& amounts, const py::tuple& tallies,
                  uint16_t flags, const std::optional<py::bytes>& detail, int64_t now_ms, bool may_wait, bool whole) {
  const ledger::SettleRequest request{
      std::string(Utf8(id)), ToAmounts(amounts), ToTallies(tallies), flags, Optional(detail), now_ms};
  return FromPosted(
      Unlocked(self, [&](books::Books& books) { return books.ledger().Settle(request, OnStallOf(may_wait)); }),
      may_wait, ToldOf(whole));
}

py::object Void(const BooksHandle& self, const py::str& id, const std::optional<py::bytes>& detail, int64_t now_ms,
                bool may_wait, bool whole) {
  const ledger::VoidRequest request{std::string(Utf8(id)), Optional(detail), now_ms};
  return FromPosted(
      Unlocked(self, [&](books::Books& books) { return books.ledger().Void(request, OnStallOf(may_wait)); }), may_wait,
      ToldOf(whole));
}

py::object Record(const BooksHandle& self, const py::str& id, uint8_t kind, const py::tuple& amounts,
                  const py::tuple& tallies, const py::tuple& axes, std::optional<int64_t> at_ms, int64_t now_ms,
                  const py::bytes& detail, bool must_fit, bool may_wait, bool whole) {
  ledger::RecordRequest request;
  request.must_fit = must_fit;
  request.id = Utf8(id);
  request.kind = static_cast<ledger::EntryKind>(kind);
  request.amounts = ToAmounts(amounts);
  request.tallies = ToTallies(tallies);
  request.axes = ToAxes(axes);
  request.at_ms = at_ms;
  request.now_ms = now_ms;
  request.detail = View(detail);
  return FromPosted(
      Unlocked(self, [&](books::Books& books) { return books.ledger().Record(request, OnStallOf(may_wait)); }),
      may_wait, ToldOf(whole));
}

py::object Adjust(const BooksHandle& self, const py::str& id, uint64_t of, const py::tuple& amounts,
                  const py::tuple& tallies, const py::str& actor, const py::str& reason, const py::bytes& detail,
                  int64_t now_ms) {
  ledger::AdjustRequest request;
  request.id = Utf8(id);
  request.of = of;
  request.amounts = ToAmounts(amounts);
  request.tallies = ToTallies(tallies);
  request.actor = Utf8(actor);
  request.reason = Utf8(reason);
  request.detail = View(detail);
  request.now_ms = now_ms;
  return FromPosted(Unlocked(self, [&](books::Books& books) { return books.ledger().Adjust(request); }), true,
                    Told::kEntry);
}

py::object Apply(const BooksHandle& self, const py::str& id, const py::tuple& change, int64_t now_ms) {
  const ledger::ChangeRequest request{std::string(Utf8(id)), ToChange(change), now_ms};
  return FromPosted(Unlocked(self, [&](books::Books& books) { return books.ledger().Apply(request); }), true,
                    Told::kEntry);
}

py::object Note(const BooksHandle& self, const py::str& id, const py::str& actor, const py::str& reason,
                const py::bytes& detail, int64_t now_ms) {
  const ledger::NoteRequest request{std::string(Utf8(id)), std::string(Utf8(actor)), std::string(Utf8(reason)),
                                    std::string(View(detail)), now_ms};
  return FromPosted(Unlocked(self, [&](books::Books& books) { return books.ledger().Note(request); }), true,
                    Told::kEntry);
}

store::Ticket SetBudgets(const BooksHandle& self, const py::list& budgets, int64_t now_ms) {
  std::vector<ledger::Budget> values;
  for (const py::handle budget : budgets) values.push_back(ToBudget(py::cast<py::tuple>(budget)));
  return Unwrap(Unlocked(self, [&](books::Books& books) { return books.ledger().SetBudgets(values, now_ms); }));
}

// Per unit, None where nothing bounds it.
py::tuple Headroom(const BooksHandle& self, const py::tuple& axes, int64_t at_ms, int64_t now_ms) {
  const ledger::Axes values = ToAxes(axes);
  const auto left =
      Unwrap(Unlocked(self, [&](books::Books& books) { return books.ledger().Headroom(values, at_ms, now_ms); }));
  py::tuple out(left.size());
  for (size_t i = 0; i < left.size(); ++i) out[i] = AmountOrNone(left[i]);
  return out;
}

py::list Balances(const BooksHandle& self, int64_t at_ms, const py::str& only_of) {
  const std::string_view name = Utf8(only_of);
  return ListOf(Unwrap(Unlocked(self, [&](books::Books& books) { return books.ledger().Balances(at_ms, name); })),
                FromBalance);
}

py::list Grants(const BooksHandle& self) {
  return ListOf(Unlocked(self, [](books::Books& books) { return books.ledger().Grants(); }), FromGrant);
}

py::list Changes(const BooksHandle& self, int64_t now_ms) {
  return ListOf(Unlocked(self, [&](books::Books& books) { return books.ledger().Changes(now_ms); }), FromChange);
}

py::list Events(const BooksHandle& self, uint64_t first_seq, uint64_t limit) {
  return ListOf(Unwrap(Unlocked(self, [&](books::Books& books) { return books.ledger().Events(first_seq, limit); })),
                FromEvent);
}

py::list Rollups(const BooksHandle& self, int64_t from_ms, int64_t until_ms) {
  return ListOf(Unwrap(Unlocked(self, [&](books::Books& books) { return books.ledger().Rollups(from_ms, until_ms); })),
                FromRollup);
}

// None for an id that is not known, or no longer.
py::object EntryOf(const BooksHandle& self, const py::str& id) {
  const std::string id_text(Utf8(id));
  const auto entry = Unwrap(Unlocked(self, [&](books::Books& books) { return books.ledger().EntryOf(id_text); }));
  if (!entry) return py::none();
  return FromEntry(*entry);
}

// A page of entries as tuples: the caller asks for a bounded number at a time.
py::list Entries(const BooksHandle& self, uint64_t first_seq, uint64_t limit, std::optional<int64_t> from_ms,
                 std::optional<int64_t> until_ms) {
  const ledger::EntryRange range{first_seq, limit, from_ms.value_or(INT64_MIN), until_ms.value_or(ledger::kNever)};
  return ListOf(Unwrap(Unlocked(self, [&](books::Books& books) { return books.ledger().Entries(range); })), FromEntry);
}

py::list Holds(const BooksHandle& self) {
  return ListOf(Unlocked(self, [](books::Books& books) { return books.ledger().Holds(); }), FromHold);
}

// (size, root, first broken seq or None, problem).
py::tuple Verify(const BooksHandle& self) {
  const auto report = Unwrap(Unlocked(self, [](books::Books& books) { return books.Verify(); }));
  return py::make_tuple(report.head.size, Hex(report.head.root), report.broken_seq, report.problem);
}

void CheckHealth(const BooksHandle& self) {
  Check(Unlocked(self, [](books::Books& books) { return books.health(); }));
}

// (size, root).
py::tuple AuditHead(const BooksHandle& self) {
  const auto head = Unlocked(self, [](books::Books& books) { return books.audit().head(); });
  return py::make_tuple(head.size, Hex(head.root));
}

store::Ticket Put(const BooksHandle& self, const py::str& table, const py::str& key, const py::bytes& value) {
  const std::string_view table_view = Utf8(table), key_view = Utf8(key), value_view = View(value);
  return Unwrap(Unlocked(self, [&](books::Books& books) { return books.Put(table_view, key_view, value_view); }));
}

store::Ticket Delete(const BooksHandle& self, const py::str& table, const py::str& key) {
  const std::string_view table_view = Utf8(table), key_view = Utf8(key);
  return Unwrap(Unlocked(self, [&](books::Books& books) { return books.Delete(table_view, key_view); }));
}

std::optional<py::bytes> Get(const BooksHandle& self, const py::str& table, const py::str& key) {
  const std::string_view table_view = Utf8(table), key_view = Utf8(key);
  const auto value = Unwrap(Unlocked(self, [&](books::Books& books) { return books.Get(table_view, key_view); }));
  if (!value) return std::nullopt;
  return py::bytes(*value);
}

py::list Items(const BooksHandle& self, const py::str& table) {
  const std::string_view table_view = Utf8(table);
  const auto items = Unwrap(Unlocked(self, [&](books::Books& books) { return books.Items(table_view); }));
  py::list out(items.size());
  for (size_t i = 0; i < items.size(); ++i) out[i] = py::make_tuple(items[i].first, py::bytes(items[i].second));
  return out;
}

}  // namespace

void AddBooks(py::module_& module) {
  py::class_<BooksHandle>(module, "Books")
      .def_static("open", &Open, py::arg("path"), py::kw_only(), py::arg("durability"), py::arg("read_only"),
                  py::arg("now_ms"), py::arg("session_idle_ms"))
      .def("close", &BooksHandle::Close)
      .def("reserve", &Reserve, py::arg("id"), py::arg("amounts"), py::arg("axes"), py::arg("at_ms"), py::arg("now_ms"),
           py::arg("detail"), py::kw_only(), py::arg("may_wait"))
      .def("settle", &Settle, py::arg("id"), py::arg("amounts"), py::arg("tallies"), py::arg("flags"),
           py::arg("detail"), py::arg("now_ms"), py::kw_only(), py::arg("may_wait"), py::arg("whole"))
      .def("check_health", &CheckHealth)
      .def("void", &Void, py::arg("id"), py::arg("detail"), py::arg("now_ms"), py::kw_only(), py::arg("may_wait"),
           py::arg("whole"))
      .def("record", &Record, py::arg("id"), py::arg("kind"), py::arg("amounts"), py::arg("tallies"), py::arg("axes"),
           py::arg("at_ms"), py::arg("now_ms"), py::arg("detail"), py::kw_only(), py::arg("must_fit"),
           py::arg("may_wait"), py::arg("whole"))
      .def("adjust", &Adjust, py::arg("id"), py::arg("of"), py::arg("amounts"), py::arg("tallies"), py::arg("actor"),
           py::arg("reason"), py::arg("detail"), py::arg("now_ms"))
      .def("apply", &Apply, py::arg("id"), py::arg("change"), py::arg("now_ms"))
      .def("note", &Note, py::arg("id"), py::arg("actor"), py::arg("reason"), py::arg("detail"), py::arg("now_ms"))
      .def("set_budgets", &SetBudgets, py::arg("budgets"), py::arg("now_ms"))
      .def("balances", &Balances, py::arg("at_ms"), py::arg("only_of"))
      .def("headroom", &Headroom, py::arg("axes"), py::arg("at_ms"), py::arg("now_ms"))
      .def("grants", &Grants)
      .def("changes", &Changes, py::arg("now_ms"))
      .def("events", &Events, py::arg("first_seq"), py::arg("limit"))
      .def("rollups", &Rollups, py::arg("from_ms"), py::arg("until_ms"))
      .def("entry", &EntryOf, py::arg("id"))
      .def("entries", &Entries, py::arg("first_seq"), py::arg("limit"), py::arg("from_ms"), py::arg("until_ms"))
      .def("holds", &Holds)
      .def("verify", &Verify)
      .def("audit_head", &AuditHead)
      .def("size",
           [](const BooksHandle& self) { return Unlocked(self, [](auto& books) { return books.ledger().size(); }); })
      .def("recovered", [](const BooksHandle& self) { return self.Use()->ledger().recovered(); })
      .def("put", &Put, py::arg("table"), py::arg("key"), py::arg("value"))
      .def("delete", &Delete, py::arg("table"), py::arg("key"))
      .def("get", &Get, py::arg("table"), py::arg("key"))
      .def("items", &Items, py::arg("table"))
      .def("durable",
           [](const BooksHandle& self) {
             return Unwrap(Unlocked(self, [](auto& books) { return books.store().durable(); }));
           })
      .def(
          "wait_durable",
          [](const BooksHandle& self, store::Ticket ticket) {
            Check(Unlocked(self, [&](auto& books) { return books.store().WaitDurable(ticket); }));
          },
          py::arg("ticket"))
      .def("watch",
           [](const BooksHandle& self) {
             return Unwrap(Unlocked(self, [](auto& books) { return books.store().Watch(); }));
           })
      .def(
          "unwatch", [](const BooksHandle& self, int fd) { self.Use()->store().Unwatch(fd); }, py::arg("fd"));
}

}  // namespace tokenfoundry::bindings
