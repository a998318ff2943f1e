#include "tokenfoundry/tokens/tokens.h"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>
#include <pybind11/typing.h>

#include <optional>
#include <utility>

#include "tokenfoundry/bindings/bindings.h"
#include "tokenfoundry/bindings/convert.h"

namespace tokenfoundry::bindings {
namespace {

using tokens::Ids;
using tokens::Tokenizer;

// Text up to here takes some 10 us: less than a thread waiting for the GIL would notice.
constexpr size_t kKeepGilBytes = 4096;

template <typename Call>
auto WithoutGil(size_t size_bytes, Call&& call) {
  std::optional<py::gil_scoped_release> no_gil;
  if (size_bytes > kKeepGilBytes) no_gil.emplace();
  return call();
}

// The int object of each id, made when it is first asked for and kept for good: building a list is then a copy of
// pointers. Under the GIL.
class IntObjects {
 public:
  // A new reference; null with an error set.
  PyObject* Of(uint32_t id) {
    if (id >= objects_.size()) objects_.resize(std::max<size_t>(id + 1, objects_.size() * 2));
    PyObject*& object = objects_[id];
    if (object == nullptr) object = PyLong_FromUnsignedLong(id);
    Py_XINCREF(object);
    return object;
  }

 private:
  std::vector<PyObject*> objects_;
};

py::list ListOf(const uint32_t* ids, size_t count) {
  static auto* const objects = new IntObjects;  // Outlives the interpreter, which would not thank for its end.
  py::list list(count);
  for (size_t i = 0; i < count; ++i) {
    PyObject* const id = objects->Of(ids[i]);
    if (id == nullptr) throw py::error_already_set();
    PyList_SET_ITEM(list.ptr(), static_cast<Py_ssize_t>(i), id);
  }
  return list;
}

// The elements of the vector, which the array owns from now on.
template <typename Vector>
py::array_t<typename Vector::value_type> ArrayOf(Vector vector) {
  auto owned = std::make_unique<Vector>(std::move(vector));
  const py::capsule owner(owned.get(), [](void* memory) { delete static_cast<Vector*>(memory); });
  Vector* const elements = owned.release();
  return py::array_t<typename Vector::value_type>(static_cast<py::ssize_t>(elements->size()), elements->data(), owner);
}

// The memory of short calls, so that they allocate nothing. A call takes it away while it works: making objects may run
// other Python code, which may come back here.
Ids& SpareIds() {
  static auto* const spare = new Ids;
  return *spare;
}

py::list EncodeText(const Tokenizer& self, std::string_view text) {
  if (text.size() > kKeepGilBytes) {
    const Ids ids = WithoutGil(text.size(), [&] { return self.Encode(text); });
    return ListOf(ids.data(), ids.size());
  }
  Ids ids = std::exchange(SpareIds(), {});
  ids.clear();
  self.EncodeTo(text, &ids);
  py::list list = ListOf(ids.data(), ids.size());
  SpareIds() = std::move(ids);
  return list;
}

py::list EncodeWithSpecial(const Tokenizer& self, std::string_view text, const py::object& allowed) {
  std::vector<std::string_view> special;
  std::vector<py::str> held;
  if (py::isinstance<py::str>(allowed)) {
    if (Utf8(py::reinterpret_borrow<py::str>(allowed)) != "all") {
      Raise(absl::InvalidArgumentError("allowed_special is \"all\" or a collection of special tokens"));
    }
    const Ids ids = WithoutGil(text.size(), [&] { return self.EncodeWithAllSpecial(text); });
    return ListOf(ids.data(), ids.size());
  }
  for (const py::handle token : allowed) {
    if (!py::isinstance<py::str>(token)) throw py::type_error("a special token is a str");
    held.push_back(py::reinterpret_borrow<py::str>(token));
    special.push_back(Utf8(held.back()));
  }
  const Ids ids = Unwrap(WithoutGil(text.size(), [&] { return self.EncodeWithSpecial(text, special); }));
  return ListOf(ids.data(), ids.size());
}

// The two methods of every request are plain methods of C, which are called in a tenth of the time of pybind11's.

const Tokenizer& SelfOf(PyObject* self) {
  const auto* const instance = reinterpret_cast<const py::detail::instance*>(self);
  const void* const value = instance->simple_layout ? instance->simple_value_holder[0] : nullptr;
  if (value == nullptr) throw py::type_error("this Tokenizer was not made by load(), for_model() or from_file()");
  return *static_cast<const Tokenizer*>(value);
}

py::str TextOf(PyObject* text) {
  if (!PyUnicode_Check(text)) {
    throw py::type_error(std::string("a text is a str, not ") + Py_TYPE(text)->tp_name);
  }
  return py::reinterpret_borrow<py::str>(text);
}

// Runs what may throw where an exception of C++ must not pass.
template <typename Call>
PyObject* Guarded(Call&& call) {
  try {
    return call();
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (const py::builtin_exception& error) {
    error.set_error();
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
  return nullptr;
}

PyObject* CountMethod(PyObject* self, PyObject* text) {
  return Guarded([&] {
    const std::string_view bytes = Utf8(TextOf(text));
    const Tokenizer& tokenizer = SelfOf(self);
    return PyLong_FromUnsignedLongLong(WithoutGil(bytes.size(), [&] { return tokenizer.Count(bytes); }));
  });
}

PyObject* EncodeMethod(PyObject* self, PyObject* const* arguments, Py_ssize_t count, PyObject* names) {
  return Guarded([&] {
    const Py_ssize_t named = names == nullptr ? 0 : PyTuple_GET_SIZE(names);
    if (count != 1 || named > 1) throw py::type_error("encode() takes a text and, by name, allowed_special");
    const std::string_view bytes = Utf8(TextOf(arguments[0]));
    const Tokenizer& tokenizer = SelfOf(self);
    if (named == 0) return EncodeText(tokenizer, bytes).release().ptr();
    if (PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), "allowed_special") != 0) {
      throw py::type_error("encode() takes a text and, by name, allowed_special");
    }
    return EncodeWithSpecial(tokenizer, bytes, py::reinterpret_borrow<py::object>(arguments[1])).release().ptr();
  });
}

PyMethodDef kCount = {"count", CountMethod, METH_O,
                      "count(self: tokenfoundry._core.Tokenizer, text: str) -> int\n\n"
                      "The number of tokens of `text`, without making them."};
PyMethodDef kEncode = {"encode", reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(EncodeMethod)),
                       METH_FASTCALL | METH_KEYWORDS,
                       "encode(self: tokenfoundry._core.Tokenizer, text: str, *, "
                       "allowed_special: str | collections.abc.Collection[str] = ()) -> list[int]\n\n"
                       "The ids of `text`. What spells a special token is ordinary text, unless `allowed_special`\n"
                       "names it or is \"all\"."};

void AddMethod(py::class_<Tokenizer>* type, PyMethodDef* method) {
  auto* const type_object = reinterpret_cast<PyTypeObject*>(type->ptr());
  type->attr(method->ml_name) = py::reinterpret_steal<py::object>(PyDescr_NewMethod(type_object, method));
}

// No SameProcess here: the table is read-only memory without threads or locks, which a fork may go on using.
using Opened = absl::StatusOr<std::unique_ptr<const Tokenizer>>;
std::unique_ptr<Tokenizer> Held(Opened tokenizer) {
  // pybind11 holds no pointers to const; every bound method is const.
  return std::unique_ptr<Tokenizer>(const_cast<Tokenizer*>(Unwrap(std::move(tokenizer)).release()));
}

std::unique_ptr<Tokenizer> Open(const py::str& path) {
  const std::string file(Utf8(path));
  return Held([&] {
    py::gil_scoped_release no_gil;
    return Tokenizer::Open(file);
  }());
}

std::unique_ptr<Tokenizer> FromTable(const py::bytes& table) {
  std::string copy(View(table));
  return Held([&] {
    py::gil_scoped_release no_gil;
    return Tokenizer::FromTable(std::move(copy));
  }());
}

template <typename Source, std::unique_ptr<Tokenizer> (*kOpen)(const Source&)>
std::unique_ptr<Tokenizer> Renamed(const Source& source, const std::string& name,
                                   std::vector<std::pair<uint32_t, std::string>> special_tokens) {
  return Held(Tokenizer::Renamed(kOpen(source), name, std::move(special_tokens)));
}

py::array_t<uint32_t> EncodeArray(const Tokenizer& self, const py::str& text) {
  const std::string_view bytes = Utf8(text);
  return ArrayOf(WithoutGil(bytes.size(), [&] { return self.Encode(bytes); }));
}

uint64_t CountUpTo(const Tokenizer& self, const py::str& text, int64_t limit) {
  if (limit < 0) Raise(absl::InvalidArgumentError("a limit of tokens is at least 0"));
  const std::string_view bytes = Utf8(text);
  return WithoutGil(bytes.size(), [&] { return self.CountUpTo(bytes, static_cast<uint64_t>(limit)); });
}

// The UTF-8 of many texts, which live as long as this: the sequence may be changed by another thread meanwhile.
class Texts {
 public:
  explicit Texts(const py::iterable& texts) {
    for (const py::handle text : texts) {
      held_.push_back(TextOf(text.ptr()));
      views_.push_back(Utf8(held_.back()));
      size_bytes_ += views_.back().size();
    }
  }
  const std::vector<std::string_view>& views() const { return views_; }
  size_t size_bytes() const { return size_bytes_; }

 private:
  std::vector<py::str> held_;
  std::vector<std::string_view> views_;
  size_t size_bytes_ = 0;
};

size_t ThreadsOf(int64_t threads) {
  if (threads < 0) Raise(absl::InvalidArgumentError("a number of threads is at least 0, which is one for each CPU"));
  return static_cast<size_t>(threads);
}

py::array_t<uint32_t> CountBatch(const Tokenizer& self, const py::typing::Iterable<py::str>& texts, int64_t threads) {
  const size_t thread_count = ThreadsOf(threads);
  const Texts read(texts);
  return ArrayOf(WithoutGil(read.size_bytes(), [&] { return self.CountBatch(read.views(), thread_count); }));
}

tokens::FlatIds EncodeAll(const Tokenizer& self, const py::iterable& texts, int64_t threads) {
  const size_t thread_count = ThreadsOf(threads);
  const Texts read(texts);
  return WithoutGil(read.size_bytes(), [&] { return self.EncodeBatch(read.views(), thread_count); });
}

py::typing::Tuple<py::array_t<uint32_t>, py::array_t<uint64_t>> EncodeBatchFlat(
    const Tokenizer& self, const py::typing::Iterable<py::str>& texts, int64_t threads) {
  tokens::FlatIds flat = EncodeAll(self, texts, threads);
  return py::make_tuple(ArrayOf(std::move(flat.ids)), ArrayOf(std::move(flat.offsets)));
}

py::typing::List<py::typing::List<py::int_>> EncodeBatch(const Tokenizer& self,
                                                         const py::typing::Iterable<py::str>& texts, int64_t threads) {
  const tokens::FlatIds flat = EncodeAll(self, texts, threads);
  py::typing::List<py::typing::List<py::int_>> lists(flat.offsets.size() - 1);
  for (size_t i = 0; i + 1 < flat.offsets.size(); ++i) {
    const uint64_t begin = flat.offsets[i];
    lists[i] = ListOf(flat.ids.data() + begin, flat.offsets[i + 1] - begin);
  }
  return lists;
}

py::bytes Decode(const Tokenizer& self, const py::typing::Iterable<py::int_>& ids) {
  std::vector<uint32_t> wanted;
  wanted.reserve(py::len_hint(ids));
  for (const py::handle id : ids) {
    // What is no int but stands for one, as an element of an array does.
    const auto number = py::reinterpret_steal<py::object>(PyNumber_Index(id.ptr()));
    if (!number) throw py::error_already_set();
    int overflow = 0;
    const long long value = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
    if (overflow != 0 || value < 0 || value > UINT32_MAX) {
      Raise(absl::InvalidArgumentError("a token id is a number from 0 to 4294967295"));
    }
    wanted.push_back(static_cast<uint32_t>(value));
  }
  auto bytes = WithoutGil(wanted.size(), [&] { return self.Decode(wanted); });
  return py::bytes(Unwrap(std::move(bytes)));
}

// Where it begins, in bytes of UTF-8.
uint64_t LastPieceBegin(const Tokenizer& self, const py::str& text) {
  const std::string_view bytes = Utf8(text);
  return WithoutGil(bytes.size(), [&] { return self.LastPieceBegin(bytes); });
}

py::typing::List<py::int_> EncodeUncut(const Tokenizer& self, const py::bytes& bytes) {
  const std::string_view view = View(bytes);
  const Ids ids = WithoutGil(view.size(), [&] { return self.EncodeUncut(view); });
  return ListOf(ids.data(), ids.size());
}

std::map<std::string, uint32_t> SpecialTokens(const Tokenizer& self) {
  std::map<std::string, uint32_t> tokens;
  for (const auto& [id, token] : self.SpecialTokens()) tokens.emplace(token, id);
  return tokens;
}

}  // namespace

void AddTokens(py::module_& module) {
  py::class_<Tokenizer> type(module, "Tokenizer");
  type.def(py::init(&FromTable), py::arg("table"))
      .def(py::init(&Open), py::arg("path"))
      .def(py::init(&Renamed<py::bytes, &FromTable>), py::arg("table"), py::arg("name"), py::arg("special_tokens"))
      .def(py::init(&Renamed<py::str, &Open>), py::arg("path"), py::arg("name"), py::arg("special_tokens"))
      .def_property_readonly("drops_first_space", &Tokenizer::drops_first_space)
      .def_property_readonly("name", [](const Tokenizer& self) { return std::string(self.name()); })
      .def_property_readonly("n_vocab", &Tokenizer::n_vocab)
      .def_property_readonly("special_tokens", &SpecialTokens)
      .def("encode_array", &EncodeArray, py::arg("text"))
      .def("encode_batch", &EncodeBatch, py::arg("texts"), py::arg("threads") = 0)
      .def("encode_batch_flat", &EncodeBatchFlat, py::arg("texts"), py::arg("threads") = 0)
      .def("count_up_to", &CountUpTo, py::arg("text"), py::arg("limit"))
      .def("count_batch", &CountBatch, py::arg("texts"), py::arg("threads") = 0)
      .def("last_piece_begin", &LastPieceBegin, py::arg("text"))
      .def("encode_uncut", &EncodeUncut, py::arg("bytes"))
      .def(
          "token_of", [](const Tokenizer& self, const py::bytes& bytes) { return self.TokenOf(View(bytes)); },
          py::arg("bytes"))
      .def("decode_bytes", &Decode, py::arg("ids"));
  AddMethod(&type, &kCount);
  AddMethod(&type, &kEncode);
}

}  // namespace tokenfoundry::bindings
