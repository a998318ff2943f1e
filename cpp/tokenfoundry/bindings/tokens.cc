#include "tokenfoundry/tokens/tokens.h"

#include <pybind11/typing.h>

#include <optional>

#include "tokenfoundry/bindings/bindings.h"
#include "tokenfoundry/bindings/convert.h"

namespace tokenfoundry::bindings {
namespace {

using tokens::Tokenizer;

// Text up to here takes some 30 us: less than a thread waiting for the GIL would notice.
constexpr size_t kKeepGilBytes = 2048;

template <typename Call>
auto WithoutGil(size_t size_bytes, Call&& call) {
  std::optional<py::gil_scoped_release> no_gil;
  if (size_bytes > kKeepGilBytes) no_gil.emplace();
  return call();
}

// No SameProcess here: the table is read-only memory without threads or locks, which a fork may go on using.
std::unique_ptr<Tokenizer> Open(const py::str& path) {
  const std::string file(Utf8(path));
  auto tokenizer = [&] {
    py::gil_scoped_release no_gil;
    return Tokenizer::Open(file);
  }();
  // pybind11 holds no pointers to const; every bound method is const.
  return std::unique_ptr<Tokenizer>(const_cast<Tokenizer*>(Unwrap(std::move(tokenizer)).release()));
}

py::typing::List<py::int_> Encode(const Tokenizer& self, const py::str& text) {
  const std::string_view bytes = Utf8(text);
  const std::vector<uint32_t> ids = WithoutGil(bytes.size(), [&] { return self.Encode(bytes); });
  py::typing::List<py::int_> list(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    PyObject* const id = PyLong_FromUnsignedLong(ids[i]);
    if (id == nullptr) throw py::error_already_set();
    PyList_SET_ITEM(list.ptr(), static_cast<Py_ssize_t>(i), id);
  }
  return list;
}

uint64_t Count(const Tokenizer& self, const py::str& text) {
  const std::string_view bytes = Utf8(text);
  return WithoutGil(bytes.size(), [&] { return self.Count(bytes); });
}

uint64_t CountUpTo(const Tokenizer& self, const py::str& text, int64_t limit) {
  if (limit < 0) Raise(absl::InvalidArgumentError("a limit of tokens is at least 0"));
  const std::string_view bytes = Utf8(text);
  return WithoutGil(bytes.size(), [&] { return self.CountUpTo(bytes, static_cast<uint64_t>(limit)); });
}

py::bytes Decode(const Tokenizer& self, const py::typing::Iterable<py::int_>& ids) {
  std::vector<uint32_t> wanted;
  wanted.reserve(py::len_hint(ids));
  for (const py::handle id : ids) {
    int overflow = 0;
    const long long value = PyLong_AsLongLongAndOverflow(id.ptr(), &overflow);
    if (value == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
    if (overflow != 0 || value < 0 || value > UINT32_MAX) {
      Raise(absl::InvalidArgumentError("a token id is a number from 0 to 4294967295"));
    }
    wanted.push_back(static_cast<uint32_t>(value));
  }
  auto bytes = WithoutGil(wanted.size(), [&] { return self.Decode(wanted); });
  return py::bytes(Unwrap(std::move(bytes)));
}

}  // namespace

void AddTokens(py::module_& module) {
  py::class_<Tokenizer>(module, "Tokenizer")
      .def_static("open", &Open, py::arg("path"))
      .def_property_readonly("name", [](const Tokenizer& self) { return std::string(self.name()); })
      .def_property_readonly("n_vocab", &Tokenizer::n_vocab)
      .def("encode", &Encode, py::arg("text"))
      .def("count", &Count, py::arg("text"))
      .def("count_up_to", &CountUpTo, py::arg("text"), py::arg("limit"))
      .def("decode", &Decode, py::arg("ids"));
}

}  // namespace tokenfoundry::bindings
