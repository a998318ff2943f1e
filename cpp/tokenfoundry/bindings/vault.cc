#include "tokenfoundry/vault/vault.h"

#include <pybind11/stl.h>

#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "tokenfoundry/bindings/bindings.h"
#include "tokenfoundry/bindings/books_handle.h"
#include "tokenfoundry/bindings/convert.h"

namespace tokenfoundry::bindings {
namespace {

// What Python holds: the vault of open books, for as long as they are open.
class VaultHandle {
 public:
  explicit VaultHandle(const BooksHandle& books) : open_(books.Share()) {}

  std::shared_ptr<books::Books> Use() const {
    open_->process().Check();
    return Unwrap(open_->Use());
  }

 private:
  std::shared_ptr<const OpenBooks> open_;
};

template <typename Call>
auto Unlocked(const VaultHandle& self, const Call& call) {
  std::shared_ptr<books::Books> books = self.Use();
  const py::gil_scoped_release no_gil;
  auto result = call(books->vault());
  books.reset();  // Perhaps the last: closing must not hold the GIL either.
  return result;
}

store::OnStall OnStallOf(bool may_wait) { return may_wait ? store::OnStall::kWait : store::OnStall::kReturn; }

// (id, is new); None for a stall.
py::object Look(const VaultHandle& self, const py::bytes& scope, int64_t now_ms, int64_t ttl_ms, bool may_wait) {
  const vault::LookRequest request{View(scope), now_ms, ttl_ms};
  auto looked = Unlocked(self, [&](vault::Vault& vault) { return vault.Look(request, OnStallOf(may_wait)); });
  if (!may_wait && store::IsStall(looked.status())) return py::none();
  const vault::Place place = Unwrap(std::move(looked));
  return py::make_tuple(place.id, place.is_new);
}

// (number, sealed): the value's, or the next number and None.
py::tuple Find(const VaultHandle& self, uint64_t id, const py::bytes& kind, const py::bytes& value) {
  const std::string_view kind_view = View(kind), value_view = View(value);
  const vault::Known known =
      Unwrap(Unlocked(self, [&](vault::Vault& vault) { return vault.Find(id, kind_view, value_view); }));
  if (known.sealed.empty()) return py::make_tuple(known.number, py::none());
  return py::make_tuple(known.number, py::bytes(known.sealed));
}

using NewValueFields = std::tuple<py::bytes, py::bytes, uint32_t, py::bytes>;  // Kind, value, number, sealed.

// Whether all of them are kept; None for a stall.
py::object Keep(const VaultHandle& self, const py::bytes& scope, uint64_t id, bool is_new,
                const std::vector<NewValueFields>& values, int64_t now_ms, int64_t ttl_ms, bool may_wait) {
  std::vector<vault::NewValue> views;
  views.reserve(values.size());
  for (const auto& [kind, value, number, sealed] : values) {
    views.push_back({View(kind), View(value), number, View(sealed)});
  }
  const vault::KeepRequest request{View(scope), {id, is_new}, views, now_ms, ttl_ms};
  auto kept = Unlocked(self, [&](vault::Vault& vault) { return vault.Keep(request, OnStallOf(may_wait)); });
  if (!may_wait && store::IsStall(kept.status())) return py::none();
  return py::bool_(Unwrap(std::move(kept)));
}

std::optional<py::bytes> Value(const VaultHandle& self, uint64_t id, const py::bytes& kind, uint32_t number) {
  const std::string_view kind_view = View(kind);
  const auto sealed = Unwrap(Unlocked(self, [&](vault::Vault& vault) { return vault.Value(id, kind_view, number); }));
  if (!sealed) return std::nullopt;
  return py::bytes(*sealed);
}

uint32_t LastNumber(const VaultHandle& self, uint64_t id, const py::bytes& kind) {
  const std::string_view kind_view = View(kind);
  return Unwrap(Unlocked(self, [&](vault::Vault& vault) { return vault.LastNumber(id, kind_view); }));
}

uint64_t Erase(const VaultHandle& self, const py::bytes& project, const py::bytes& key, const py::bytes& name) {
  const vault::Match match{View(project), View(key), View(name)};
  return Unwrap(Unlocked(self, [&](vault::Vault& vault) { return vault.Erase(match); }));
}

uint64_t Sweep(const VaultHandle& self, int64_t now_ms) {
  return Unwrap(Unlocked(self, [&](vault::Vault& vault) { return vault.Sweep(now_ms); }));
}

// Each (id, kind, number, sealed).
py::list Pieces(const VaultHandle& self, const std::optional<py::tuple>& after, size_t limit) {
  std::optional<vault::Piece> last;
  if (after) {
    last = vault::Piece{(*after)[0].cast<uint64_t>(), std::string(View(py::bytes((*after)[1]))),
                        (*after)[2].cast<uint32_t>(), ""};
  }
  const auto pieces = Unwrap(Unlocked(self, [&](vault::Vault& vault) { return vault.Pieces(last, limit); }));
  py::list out(pieces.size());
  for (size_t i = 0; i < pieces.size(); ++i) {
    const vault::Piece& piece = pieces[i];
    out[i] = py::make_tuple(piece.id, py::bytes(piece.kind), piece.number, py::bytes(piece.sealed));
  }
  return out;
}

bool Replace(const VaultHandle& self, uint64_t id, const py::bytes& kind, uint32_t number, const py::bytes& before,
             const py::bytes& sealed) {
  const vault::Piece piece{id, std::string(View(kind)), number, std::string(View(before))};
  const std::string_view view = View(sealed);
  return Unwrap(Unlocked(self, [&](vault::Vault& vault) { return vault.Replace(piece, view); }));
}

// (conversations, values).
py::tuple Count(const VaultHandle& self) {
  const vault::Stats stats = Unwrap(Unlocked(self, [](vault::Vault& vault) { return vault.Count(); }));
  return py::make_tuple(stats.conversations, stats.values);
}

}  // namespace

void AddVault(py::module_& module) {
  py::class_<VaultHandle>(module, "Vault")
      .def_static(
          "of", [](const BooksHandle& books) { return VaultHandle(books); }, py::arg("books"))
      .def("look", &Look, py::arg("scope"), py::kw_only(), py::arg("now_ms"), py::arg("ttl_ms"), py::arg("may_wait"))
      .def("find", &Find, py::arg("id"), py::arg("kind"), py::arg("value"))
      .def("keep", &Keep, py::arg("scope"), py::arg("id"), py::arg("is_new"), py::arg("values"), py::kw_only(),
           py::arg("now_ms"), py::arg("ttl_ms"), py::arg("may_wait"))
      .def("value", &Value, py::arg("id"), py::arg("kind"), py::arg("number"))
      .def("last_number", &LastNumber, py::arg("id"), py::arg("kind"))
      .def("erase", &Erase, py::kw_only(), py::arg("project"), py::arg("key"), py::arg("name"))
      .def("sweep", &Sweep, py::arg("now_ms"))
      .def("pieces", &Pieces, py::arg("after"), py::arg("limit"))
      .def("replace", &Replace, py::arg("id"), py::arg("kind"), py::arg("number"), py::arg("before"), py::arg("sealed"))
      .def("compact",
           [](const VaultHandle& self) { Check(Unlocked(self, [](vault::Vault& vault) { return vault.Compact(); })); })
      .def("wait_for_room",
           [](const VaultHandle& self) {
             std::shared_ptr<books::Books> books = self.Use();
             const absl::Status waited = [&] {
               const py::gil_scoped_release no_gil;
               return books->store().WaitForRoom();
             }();
             Check(waited);
           })
      .def("count", &Count);
}

}  // namespace tokenfoundry::bindings
