// Expressions of polars that its engine calls itself, from threads of its own, without Python: the plugin interface,
// version 0.1 (crates/polars-ffi and crates/polars-plan/src/dsl/functions of pola-rs/polars).
//
// An expression's first input is the column, its second the number of a redaction (shared_redactions.h). An input's
// arrays are the callee's once it is called; what it returns is the caller's. Nothing here may throw.
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tokenfoundry/arrow/redaction.h"
#include "tokenfoundry/bindings/shared_redactions.h"

namespace tokenfoundry::bindings {
namespace {

using arrow::Owned;

// A column in chunks. Releasing it frees the places of the arrays, not the arrays: those are moved out before.
struct SeriesExport {
  ArrowSchema* field;
  ArrowArray** arrays;
  size_t len;
  void (*release)(SeriesExport*);
  void* private_data;
};

struct SeriesHolder {
  Owned<ArrowSchema> field;
  std::vector<ArrowArray> arrays;
  std::vector<ArrowArray*> pointers;
};

void ReleaseHolder(SeriesExport* self) {
  if (self == nullptr || self->release == nullptr) return;
  self->release = nullptr;
  delete static_cast<SeriesHolder*>(std::exchange(self->private_data, nullptr));
}

SeriesExport Exported(Owned<ArrowSchema> field, std::vector<Owned<ArrowArray>> arrays) {
  auto holder = std::make_unique<SeriesHolder>();
  holder->field = std::move(field);
  for (Owned<ArrowArray>& array : arrays) holder->arrays.push_back(array.Take());
  for (ArrowArray& array : holder->arrays) holder->pointers.push_back(&array);
  SeriesExport series{holder->field.get(), holder->pointers.data(), holder->pointers.size(), &ReleaseHolder, nullptr};
  series.private_data = holder.release();
  return series;
}

// An input: its arrays are ours, and released.
class Input {
 public:
  explicit Input(SeriesExport* series) : series_(series) {
    for (size_t i = 0; i < series->len; ++i) arrays_.emplace_back(std::exchange(*series->arrays[i], ArrowArray{}));
  }
  ~Input() {
    arrays_.clear();
    if (series_->release != nullptr) series_->release(series_);
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  const ArrowSchema& field() const { return *series_->field; }
  const std::vector<Owned<ArrowArray>>& arrays() const { return arrays_; }

 private:
  SeriesExport* const series_;
  std::vector<Owned<ArrowArray>> arrays_;
};

// Of this thread's last call that failed.
std::string& LastError() {
  static thread_local std::string message;
  return message;
}

absl::StatusOr<std::shared_ptr<arrow::Redaction>> RedactionIn(const Input& number) {
  const bool is_number =
      std::string_view(number.field().format) == "L" && number.arrays().size() == 1 && number.arrays()[0]->length == 1;
  if (!is_number) return absl::InvalidArgumentError("the expression does not say which session it is of");
  const ArrowArray& array = *number.arrays()[0];
  auto redaction = RedactionOf(static_cast<const uint64_t*>(array.buffers[1])[array.offset]);
  if (redaction == nullptr) {
    return absl::FailedPreconditionError(
        "the session of this expression is gone: keep it until the query has run, in the process that made it");
  }
  return redaction;
}

absl::StatusOr<SeriesExport> Mapped(const Input& column, arrow::ColumnMap* map) {
  TF_ASSIGN_OR_RETURN(Owned<ArrowSchema> field, map->SchemaOf(column.field()));
  arrow::ColumnPlace place{column.field().name, 0};
  std::vector<Owned<ArrowArray>> arrays;
  for (const Owned<ArrowArray>& array : column.arrays()) {
    TF_ASSIGN_OR_RETURN(Owned<ArrowArray> made, map->Map(column.field(), *array, place));
    arrays.push_back(std::move(made));
    place.first_row += array->length;
  }
  return Exported(std::move(field), std::move(arrays));
}

using MakeMap = std::shared_ptr<arrow::ColumnMap> (*)(std::shared_ptr<arrow::Redaction>);

void Call(SeriesExport* inputs, size_t count, SeriesExport* out, MakeMap make_map) {
  *out = SeriesExport{};
  try {
    std::vector<std::unique_ptr<Input>> owned;
    for (size_t i = 0; i < count; ++i) owned.push_back(std::make_unique<Input>(&inputs[i]));
    const auto made = [&]() -> absl::StatusOr<SeriesExport> {
      if (count != 2) return absl::InvalidArgumentError("the expression takes a column and a session");
      TF_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Redaction> redaction, RedactionIn(*owned[1]));
      return Mapped(*owned[0], make_map(std::move(redaction)).get());
    }();
    if (made.ok()) {
      *out = *made;
    } else {
      LastError() = StdView(made.status().message());
    }
  } catch (const std::exception& error) {
    LastError() = error.what();
  }
}

std::shared_ptr<arrow::ColumnMap> Redacting(std::shared_ptr<arrow::Redaction> redaction) {
  return arrow::RedactMap(std::move(redaction));
}
std::shared_ptr<arrow::ColumnMap> Restoring(std::shared_ptr<arrow::Redaction> redaction) {
  return arrow::RestoreMap(std::move(redaction));
}

// The type of what is made is that of the column, which must be text.
void Field(const ArrowSchema* fields, size_t count, ArrowSchema* out) {
  *out = ArrowSchema{};
  try {
    auto field = count == 2 ? arrow::RestoreMap(nullptr)->SchemaOf(fields[0])
                            : absl::InvalidArgumentError("the expression takes a column and a session");
    if (field.ok()) {
      *out = field->Take();
    } else {
      LastError() = StdView(field.status().message());
    }
  } catch (const std::exception& error) {
    LastError() = error.what();
  }
}

}  // namespace
}  // namespace tokenfoundry::bindings

#define TF_POLARS extern "C" __attribute__((visibility("default")))

TF_POLARS uint32_t _polars_plugin_get_version() { return 0 << 16 | 1; }

TF_POLARS const char* _polars_plugin_get_last_error_message() { return tokenfoundry::bindings::LastError().c_str(); }

TF_POLARS void _polars_plugin_field_pii_redact(const ArrowSchema* fields, size_t count, ArrowSchema* out,
                                               const uint8_t* /*kwargs*/, size_t /*kwargs_size*/) {
  tokenfoundry::bindings::Field(fields, count, out);
}

TF_POLARS void _polars_plugin_field_pii_restore(const ArrowSchema* fields, size_t count, ArrowSchema* out,
                                                const uint8_t* /*kwargs*/, size_t /*kwargs_size*/) {
  tokenfoundry::bindings::Field(fields, count, out);
}

TF_POLARS void _polars_plugin_pii_redact(tokenfoundry::bindings::SeriesExport* inputs, size_t count,
                                         const uint8_t* /*kwargs*/, size_t /*kwargs_size*/,
                                         tokenfoundry::bindings::SeriesExport* out, const void* /*context*/) {
  tokenfoundry::bindings::Call(inputs, count, out, &tokenfoundry::bindings::Redacting);
}

TF_POLARS void _polars_plugin_pii_restore(tokenfoundry::bindings::SeriesExport* inputs, size_t count,
                                          const uint8_t* /*kwargs*/, size_t /*kwargs_size*/,
                                          tokenfoundry::bindings::SeriesExport* out, const void* /*context*/) {
  tokenfoundry::bindings::Call(inputs, count, out, &tokenfoundry::bindings::Restoring);
}
