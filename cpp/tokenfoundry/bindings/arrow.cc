// Streams of the ledger for Python.
#include "tokenfoundry/arrow/arrow.h"

#include <pybind11/stl.h>

#include <memory>
#include <optional>
#include <utility>

#include "tokenfoundry/bindings/arrow_capsules.h"
#include "tokenfoundry/bindings/bindings.h"
#include "tokenfoundry/bindings/books_handle.h"
#include "tokenfoundry/bindings/convert.h"

namespace tokenfoundry::bindings {
namespace {

using arrow::BatchReader;
using arrow::Owned;

// What Python holds: asked for a stream, it makes a new one of the same range each time.
class Batches {
 public:
  using Open = std::function<absl::StatusOr<std::unique_ptr<BatchReader>>(arrow::LedgerSource source)>;

  // Opens a reader once, so that wrong options are the maker's error.
  Batches(const BooksHandle& books, Open open)
      : source_([open_books = books.Share()]() -> absl::StatusOr<std::shared_ptr<const ledger::Ledger>> {
          TF_ASSIGN_OR_RETURN(std::shared_ptr<books::Books> in_use, open_books->Use());
          const ledger::Ledger* ledger = &in_use->ledger();
          return std::shared_ptr<const ledger::Ledger>(std::move(in_use), ledger);
        }),
        open_(std::move(open)) {
    NewReader();
  }

  // The schema that is asked for is a wish, and this reader knows one schema.
  py::capsule Stream(const py::object& requested_schema) const {
    std::unique_ptr<BatchReader> reader = NewReader();
    return Capsule(arrow::Export(std::make_unique<WithoutGil>(std::move(reader))));
  }

  py::capsule Schema() const { return Capsule(NewReader()->Schema()); }

 private:
  std::unique_ptr<BatchReader> NewReader() const {
    Check(source_().status());
    return Unwrap(open_(source_));
  }

  const arrow::LedgerSource source_;
  const Open open_;
};

arrow::StreamOptions ToOptions(const py::tuple& tally_names, int64_t batch_rows, size_t batch_bytes) {
  arrow::StreamOptions options;
  if (tally_names.size() != options.tally_names.size()) Raise(absl::InvalidArgumentError("tally_names: not eight"));
  for (size_t i = 0; i < options.tally_names.size(); ++i) {
    options.tally_names[i] = Utf8(py::cast<py::str>(tally_names[i]));
  }
  options.batch_rows = batch_rows;
  options.batch_bytes = batch_bytes;
  return options;
}

Batches EntryBatches(const BooksHandle& books, uint64_t first_seq, uint64_t limit, std::optional<int64_t> from_ms,
                     std::optional<int64_t> until_ms, const py::tuple& tally_names, int64_t batch_rows,
                     size_t batch_bytes) {
  ledger::EntryRange range;
  range.first_seq = first_seq;
  range.limit = limit;
  range.from_ms = from_ms.value_or(range.from_ms);
  range.until_ms = until_ms.value_or(range.until_ms);
  return Batches(books, [range, options = ToOptions(tally_names, batch_rows, batch_bytes)](arrow::LedgerSource source) {
    return arrow::ReadEntries(std::move(source), range, options);
  });
}

Batches RollupBatches(const BooksHandle& books, int64_t from_ms, int64_t until_ms, const py::tuple& tally_names,
                      int64_t batch_rows, size_t batch_bytes) {
  return Batches(books, [=, options = ToOptions(tally_names, batch_rows, batch_bytes)](arrow::LedgerSource source) {
    return arrow::ReadRollups(std::move(source), from_ms, until_ms, options);
  });
}

}  // namespace

void AddArrow(py::module_& module) {
  py::class_<Batches>(module, "Batches")
      .def("__arrow_c_stream__", &Batches::Stream, py::arg("requested_schema") = py::none())
      .def("__arrow_c_schema__", &Batches::Schema);
  module.def("entry_batches", &EntryBatches, py::arg("books"), py::arg("first_seq"), py::arg("limit"),
             py::arg("from_ms"), py::arg("until_ms"), py::kw_only(), py::arg("tally_names"), py::arg("batch_rows"),
             py::arg("batch_bytes"));
  module.def("rollup_batches", &RollupBatches, py::arg("books"), py::arg("from_ms"), py::arg("until_ms"), py::kw_only(),
             py::arg("tally_names"), py::arg("batch_rows"), py::arg("batch_bytes"));
}

}  // namespace tokenfoundry::bindings
