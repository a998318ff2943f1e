// Columns of text: from Arrow's capsules, or from a list of str.
#include <pybind11/stl.h>
#include <pybind11/typing.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tokenfoundry/arrow/redaction.h"
#include "tokenfoundry/arrow/token_counts.h"
#include "tokenfoundry/bindings/arrow_capsules.h"
#include "tokenfoundry/bindings/bindings.h"
#include "tokenfoundry/bindings/callback.h"
#include "tokenfoundry/bindings/convert.h"
#include "tokenfoundry/bindings/pii_detector.h"
#include "tokenfoundry/bindings/shared_redactions.h"
#include "tokenfoundry/bindings/str_list.h"
#include "tokenfoundry/text/text.h"
#include "tokenfoundry/tokens/tokens.h"

namespace tokenfoundry::bindings {
namespace {

using arrow::ColumnMap;
using arrow::Redaction;
using arrow::Treatment;

// A redaction may call Python under its lock, so whoever waits for that lock must not hold the GIL.
template <typename Call>
auto Unlocked(const Call& call) {
  const py::gil_scoped_release no_gil;
  return call();
}

[[noreturn]] void RaiseBlocked(const arrow::Blocked& blocked, const std::string& entity) {
  const py::object type = py::module_::import("tokenfoundry.errors").attr("BlockedContent");
  const std::string place = "row " + std::to_string(blocked.row) + " of column '" + blocked.column + "'";
  const py::object error = type(entity, blocked.start, blocked.end, py::arg("place") = place);
  PyErr_SetObject(type.ptr(), error.ptr());
  throw py::error_already_set();
}

// Of batches: their names. Of a stream that is one column: what it is called.
using Columns = std::variant<std::vector<std::string>, std::string>;

arrow::MapColumnsOptions Options(const Columns& columns) {
  if (const auto* names = std::get_if<std::vector<std::string>>(&columns)) return {.columns = *names};
  return {.columns = {}, .name = std::get<std::string>(columns)};
}

py::capsule Lazy(const py::capsule& stream, const Columns& columns, std::shared_ptr<ColumnMap> map) {
  auto reader = Unwrap(arrow::MapColumns(Moved<ArrowArrayStream>(stream), Options(columns), std::move(map)));
  return Capsule(arrow::Export(std::make_unique<WithoutGil>(std::move(reader))));
}

// A redaction as Python holds it.
class ColumnRedaction {
 public:
  using TreatmentFields = std::tuple<std::string, size_t, std::string>;  // Action; what a mask keeps, and writes.
  using Function = std::optional<py::function>;

  ColumnRedaction(const PiiDetector& detector, const std::vector<TreatmentFields>& treatments, size_t threads,
                  bool use_labels, const Function& stand_in, const Function& detect, const Function& read,
                  const Function& literals, const Function& restore, const Function& rewrite) {
    arrow::RedactionOptions options{
        .detector = detector.detector, .treatments = {}, .threads = threads, .use_labels = use_labels};
    for (const auto& [action, kept, mask] : treatments) options.treatments.push_back({ActionNamed(action), kept, mask});
    if (stand_in) {
      options.stand_in = [call = Callback(*stand_in), names = detector.detector](size_t entity,
                                                                                 std::string_view value) {
        return call.Call<std::string>(&ReadText, names->entities()[entity], value);
      };
    }
    if (detect) {
      options.detect = [call = Callback(*detect)](std::string_view text) {
        return call.Call<std::vector<pii::Finding>>(&ReadFindings, text);
      };
    }
    if (read) {
      options.read = [call = Callback(*read)](std::string_view text, std::string_view label) {
        return call.Call<std::vector<pii::Finding>>(&ReadFindings, text, label);
      };
    }
    if (literals) {
      options.literals = [call = Callback(*literals)](std::string_view text) {
        return call.Call<arrow::RedactionOptions::Places>(
            [](const py::object& answer) { return py::cast<arrow::RedactionOptions::Places>(answer); }, text);
      };
    }
    if (restore) {
      options.restore = [call = Callback(*restore)](std::string_view text) {
        return call.Call<std::string>(&ReadText, text);
      };
    }
    if (rewrite) {
      options.rewrite = [call = Callback(*rewrite)](std::string_view text, const std::vector<pii::Finding>& found) {
        std::vector<std::tuple<size_t, size_t, size_t>> places;
        for (const pii::Finding& finding : found) places.emplace_back(finding.entity, finding.start, finding.end);
        return call.Call<std::string>(&ReadText, text, places);
      };
    }
    redaction_ = Unwrap(Redaction::Create(std::move(options)));
  }

  // Batch by batch, as it is read.
  py::capsule RedactStream(const py::capsule& stream, const Columns& columns) const {
    return Lazy(stream, columns, RedactMap(redaction_));
  }
  py::capsule RestoreStream(const py::capsule& stream, const Columns& columns) const {
    return Lazy(stream, columns, RestoreMap(redaction_));
  }

  // All of it at once: what is wrong is raised here.
  py::capsule RedactColumns(const py::capsule& stream, const Columns& columns) const {
    std::optional<arrow::Blocked> blocked;
    auto reader =
        Unwrap(arrow::MapColumns(Moved<ArrowArrayStream>(stream), Options(columns), RedactMap(redaction_, &blocked)));
    Run(&blocked, [&]() -> absl::Status {
      TF_ASSIGN_OR_RETURN(reader, arrow::ReadAhead(std::move(reader)));
      return absl::OkStatus();
    });
    return Capsule(arrow::Export(std::move(reader)));
  }

  void DetectStream(const py::capsule& stream, const Columns& columns) const {
    const auto reader =
        Unwrap(arrow::MapColumns(Moved<ArrowArrayStream>(stream), Options(columns), DetectMap(redaction_)));
    Run(nullptr, [&]() -> absl::Status {
      for (;;) {
        TF_ASSIGN_OR_RETURN(const arrow::Owned<ArrowArray> batch, reader->Next());
        if (!batch) return absl::OkStatus();
      }
    });
  }

  py::list RedactTexts(const py::list& texts, const std::string& name, std::optional<std::vector<int64_t>> rows,
                       std::optional<std::vector<int64_t>> repeats) const {
    const StrList list(texts, name, std::move(rows), std::move(repeats));
    Changed changed(list);
    std::optional<arrow::Blocked> blocked;
    Run(&blocked, [&] {
      return list.ForEachSlice({name, 0},
                               [&](const arrow::Rows& slice) { return redaction_->Redact(slice, &changed, &blocked); });
    });
    return changed.ToList();
  }

  void DetectTexts(const py::list& texts, const std::string& name, std::optional<std::vector<int64_t>> repeats) const {
    const StrList list(texts, name, std::nullopt, std::move(repeats));
    Run(nullptr, [&] {
      return list.ForEachSlice({name, 0},
                               [&](const arrow::Rows& slice) { return redaction_->Redact(slice, nullptr, nullptr); });
    });
  }

  py::list RestoreTexts(const py::list& texts) const {
    const StrList list(texts, "text");
    Changed changed(list);
    Run(nullptr, [&] {
      return list.ForEachSlice({}, [&](const arrow::Rows& slice) { return redaction_->Restore(slice, &changed); });
    });
    return changed.ToList();
  }

  // Column, rows, nulls, bytes, rows in which something was found, and findings and rows of each entity in turn.
  py::list Tallies() const {
    py::list rows;
    for (const arrow::Tally& tally : Unlocked([&] { return redaction_->Tallies(); })) {
      py::list entities;
      for (const auto& [findings, of_rows] : tally.entities) entities.append(py::make_tuple(findings, of_rows));
      rows.append(py::make_tuple(tally.column, tally.rows, tally.nulls, tally.bytes, tally.rows_found, entities));
    }
    return rows;
  }

  // Entity, number and value, in the order in which they came.
  py::list Values() const {
    py::list rows;
    for (const auto& [entity, number, value] : Unlocked([&] { return redaction_->Values(); })) {
      rows.append(py::make_tuple(ToStr(entity), number, ToStr(value)));
    }
    return rows;
  }

  uint64_t Assign(const py::str& entity, const py::str& value) {
    const std::string_view name = Utf8(entity);
    const std::string_view text = Utf8(value);
    return Unlocked([&] { return redaction_->Assign(name, text); });
  }
  std::optional<std::string> ValueOf(const py::str& name) const {
    const std::string_view bytes = Utf8(name);
    return Unlocked([&] { return redaction_->ValueOf(bytes); });
  }
  size_t size() const {
    return Unlocked([&] { return redaction_->size(); });
  }
  uint64_t Number() const { return NumberOf(redaction_); }

 private:
  static Treatment::Action ActionNamed(const std::string& name) {
    if (name == "allow") return Treatment::Action::kAllow;
    if (name == "pseudonymize") return Treatment::Action::kPseudonymize;
    if (name == "mask") return Treatment::Action::kMask;
    if (name == "redact") return Treatment::Action::kRedact;
    if (name == "block") return Treatment::Action::kBlock;
    if (name == "ask") return Treatment::Action::kAsk;
    Raise(absl::InvalidArgumentError("unknown treatment '" + name + "'"));
  }

  static std::string ReadText(const py::object& answer) { return std::string(Utf8(py::cast<py::str>(answer))); }

  // Entity, start and end in bytes, of each.
  static std::vector<pii::Finding> ReadFindings(const py::object& answer) {
    std::vector<pii::Finding> findings;
    for (const auto& [entity, start, end] : py::cast<std::vector<std::tuple<size_t, size_t, size_t>>>(answer)) {
      findings.push_back({entity, start, end, 1.0, pii::Evidence::kPattern, 0, 0});
    }
    return findings;
  }

  // Calls without the GIL; raises what it failed with.
  template <typename Call>
  absl::Status Guarded(const Call& call) const {
    Callback::Raised().reset();
    const py::gil_scoped_release no_gil;
    return call();
  }
  void RaiseUnlessOk(const absl::Status& status, const std::optional<arrow::Blocked>* blocked) const {
    if (status.ok()) return;
    if (const auto raised = std::move(Callback::Raised())) throw py::error_already_set(*raised);
    if (blocked != nullptr && *blocked) RaiseBlocked(**blocked, redaction_->entities()[(*blocked)->entity]);
    Raise(status);
  }
  template <typename Call>
  void Run(const std::optional<arrow::Blocked>* blocked, const Call& call) const {
    RaiseUnlessOk(Guarded(call), blocked);
  }

  std::shared_ptr<Redaction> redaction_;
};

// The texts replaced by how many tokens they have. The capsule's stream keeps the tokenizer.
py::capsule CountStream(const py::object& tokenizer, const py::capsule& stream, const Columns& columns,
                        size_t threads) {
  const std::shared_ptr<const py::object> held(new py::object(tokenizer), [](const py::object* owner) {
    const py::gil_scoped_acquire gil;
    delete owner;
  });
  const auto* const counter = py::cast<const tokens::Tokenizer*>(tokenizer);
  return Lazy(stream, columns,
              arrow::TokenCountMap([held, counter](std::string_view text) { return counter->Count(text); }, threads));
}

// A uint32 of the machine's own for each text; 0 for None.
py::bytes CountTexts(const tokens::Tokenizer& tokenizer, const py::list& texts, size_t threads) {
  const StrList list(texts, "text");
  const std::vector<uint32_t> counts = [&] {
    const py::gil_scoped_release no_gil;
    return arrow::CountEach([&](std::string_view text) { return tokenizer.Count(text); }, list.texts(), threads);
  }();
  return py::bytes(reinterpret_cast<const char*>(counts.data()), sizeof(uint32_t) * counts.size());
}

// One array as a stream.
py::capsule ArrayStream(const py::capsule& schema, const py::capsule& array) {
  std::vector<arrow::Owned<ArrowArray>> arrays;
  arrays.push_back(Moved<ArrowArray>(array));
  return Capsule(arrow::Export(arrow::ReadArrays(Moved<ArrowSchema>(schema), std::move(arrays))));
}

}  // namespace

void AddFrames(py::module_& module) {
  py::class_<ColumnRedaction>(module, "ColumnRedaction")
      .def(py::init<const PiiDetector&, const std::vector<ColumnRedaction::TreatmentFields>&, size_t, bool,
                    const ColumnRedaction::Function&, const ColumnRedaction::Function&,
                    const ColumnRedaction::Function&, const ColumnRedaction::Function&,
                    const ColumnRedaction::Function&, const ColumnRedaction::Function&>(),
           py::arg("detector"), py::arg("treatments"), py::arg("threads"), py::arg("use_labels"), py::arg("stand_in"),
           py::arg("detect"), py::arg("read"), py::arg("literals"), py::arg("restore"), py::arg("rewrite"))
      .def("redact_stream", &ColumnRedaction::RedactStream, py::arg("stream"), py::arg("columns"))
      .def("redact_columns", &ColumnRedaction::RedactColumns, py::arg("stream"), py::arg("columns"))
      .def("restore_stream", &ColumnRedaction::RestoreStream, py::arg("stream"), py::arg("columns"))
      .def("detect_stream", &ColumnRedaction::DetectStream, py::arg("stream"), py::arg("columns"))
      .def("redact_texts", &ColumnRedaction::RedactTexts, py::arg("texts"), py::arg("name"), py::arg("rows"),
           py::arg("repeats"))
      .def("detect_texts", &ColumnRedaction::DetectTexts, py::arg("texts"), py::arg("name"), py::arg("repeats"))
      .def("restore_texts", &ColumnRedaction::RestoreTexts, py::arg("texts"))
      .def("tallies", &ColumnRedaction::Tallies)
      .def("values", &ColumnRedaction::Values)
      .def("assign", &ColumnRedaction::Assign, py::arg("entity"), py::arg("value"))
      .def("value_of", &ColumnRedaction::ValueOf, py::arg("name"))
      .def("__len__", &ColumnRedaction::size)
      .def_property_readonly("number", &ColumnRedaction::Number);
  module.def("count_stream", &CountStream, py::arg("tokenizer"), py::arg("stream"), py::arg("columns"),
             py::arg("threads"));
  module.def("count_texts", &CountTexts, py::arg("tokenizer"), py::arg("texts"), py::arg("threads"));
  module.def("array_stream", &ArrayStream, py::arg("schema"), py::arg("array"));
}

}  // namespace tokenfoundry::bindings
