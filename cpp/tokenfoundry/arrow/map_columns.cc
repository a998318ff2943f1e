#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tokenfoundry/arrow/export_internal.h"
#include "tokenfoundry/arrow/text_columns.h"

namespace tokenfoundry::arrow {
namespace {

std::string NameOf(const ArrowSchema& schema) { return schema.name != nullptr ? schema.name : ""; }

bool IsBatch(const ArrowSchema& schema) { return std::string_view(schema.format) == "+s"; }

// Whether a type is known to hold no text: numbers, times, nulls, and what is made of those. Bytes may be text.
bool IsPlain(const ArrowSchema& schema) {
  if (schema.dictionary != nullptr) return IsPlain(*schema.dictionary);
  const std::string_view format = schema.format;
  if (format.starts_with("+")) {
    for (int64_t i = 0; i < schema.n_children; ++i) {
      if (!IsPlain(*schema.children[i])) return false;
    }
    return true;
  }
  constexpr std::string_view kNumbers = "nbcCsSiIlLefg";
  if (format.size() == 1) return kNumbers.find(format[0]) != std::string_view::npos;
  return format.starts_with("t") || format.starts_with("d:");
}

// The columns of the batches that `wanted` names, in their order there.
absl::StatusOr<std::vector<size_t>> FindColumns(const ArrowSchema& schema, const std::vector<std::string>& wanted) {
  const auto count = static_cast<size_t>(schema.n_children);
  std::vector<size_t> found;
  for (size_t i = 0; wanted.empty() && i < count; ++i) {
    const ArrowSchema& column = *schema.children[i];
    if (IsText(column)) found.push_back(i);
    if (IsText(column) || IsPlain(column)) continue;
    return absl::InvalidArgumentError(absl::StrCat("column '", NameOf(column), "' is ", NameOfType(column),
                                                   " and holds what may be text: name the columns that are meant, ",
                                                   "and it passes as it is"));
  }
  for (const std::string& name : wanted) {
    std::vector<std::string> known;
    size_t matches = 0;
    for (size_t i = 0; i < count; ++i) {
      known.push_back(NameOf(*schema.children[i]));
      if (known.back() != name) continue;
      found.push_back(i);
      ++matches;
    }
    if (matches == 1) continue;
    if (matches > 1) return absl::InvalidArgumentError(absl::StrCat("two columns are called '", name, "'"));
    std::string list;
    for (const std::string& one : known) absl::StrAppend(&list, list.empty() ? "" : ", ", one);
    return absl::InvalidArgumentError(absl::StrCat("there is no column '", name, "'; there are: ", list));
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

// The stream that is read: its errors as a Status.
class Source {
 public:
  explicit Source(Owned<ArrowArrayStream> stream) : stream_(std::move(stream)) {}

  absl::StatusOr<Owned<ArrowSchema>> Schema() {
    ArrowSchema schema{};
    if (stream_->get_schema(stream_.get(), &schema) != 0) return Failed();
    return Owned<ArrowSchema>(schema);
  }
  absl::StatusOr<Owned<ArrowArray>> Next() {
    ArrowArray array{};
    if (stream_->get_next(stream_.get(), &array) != 0) return Failed();
    return Owned<ArrowArray>(array);
  }

 private:
  absl::Status Failed() {
    const char* message = stream_->get_last_error(stream_.get());
    return absl::UnknownError(message != nullptr ? message : "the Arrow stream failed without saying why");
  }

  Owned<ArrowArrayStream> stream_;
};

class MappedColumns : public BatchReader {
 public:
  static absl::StatusOr<std::unique_ptr<BatchReader>> Open(Owned<ArrowArrayStream> stream,
                                                           const MapColumnsOptions& options,
                                                           std::shared_ptr<ColumnMap> map) {
    if (!stream) return absl::InvalidArgumentError("the Arrow stream was read before");
    auto reader = std::unique_ptr<MappedColumns>(new MappedColumns(std::move(stream), options.name, std::move(map)));
    TF_ASSIGN_OR_RETURN(reader->schema_, reader->source_.Schema());
    const ArrowSchema& schema = *reader->schema_;
    if (IsBatch(schema)) {
      TF_ASSIGN_OR_RETURN(reader->columns_, FindColumns(schema, options.columns));
    }
    TF_RETURN_IF_ERROR(reader->MakeSchema().status());
    return reader;
  }

  Owned<ArrowSchema> Schema() const override { return *MakeSchema(); }

  absl::StatusOr<Owned<ArrowArray>> Next() override {
    TF_ASSIGN_OR_RETURN(Owned<ArrowArray> array, source_.Next());
    if (!array) return array;
    const int64_t length = array->length;
    auto mapped = IsBatch(*schema_) ? MapBatch(std::move(array)) : MapOnly(*array);
    rows_ += length;
    return mapped;
  }

 private:
  MappedColumns(Owned<ArrowArrayStream> stream, std::string name, std::shared_ptr<ColumnMap> map)
      : source_(std::move(stream)), name_(std::move(name)), map_(std::move(map)) {}

  // A copy of the stream's schema, which a consumer may keep longer than us.
  absl::StatusOr<Owned<ArrowSchema>> MakeSchema() const {
    if (!IsBatch(*schema_)) return map_->SchemaOf(*schema_);
    std::vector<Owned<ArrowSchema>> children;
    for (size_t i = 0; i < static_cast<size_t>(schema_->n_children); ++i) {
      const ArrowSchema& child = *schema_->children[i];
      if (IsMapped(i)) {
        TF_ASSIGN_OR_RETURN(Owned<ArrowSchema> made, map_->SchemaOf(child));
        children.push_back(std::move(made));
      } else {
        children.push_back(CopyOf(child));
      }
    }
    return ExportSchema(*schema_, std::move(children), {});
  }

  bool IsMapped(size_t column) const { return std::binary_search(columns_.begin(), columns_.end(), column); }

  absl::StatusOr<Owned<ArrowArray>> MapOnly(const ArrowArray& array) {
    return map_->Map(*schema_, array, {name_.empty() ? NameOf(*schema_) : name_, rows_});
  }

  // The other columns are moved over. A batch may be a slice of its columns: each is sliced itself then.
  absl::StatusOr<Owned<ArrowArray>> MapBatch(Owned<ArrowArray> batch) {
    if (batch->null_count != 0 && batch->n_buffers > 0 && batch->buffers[0] != nullptr) {
      return absl::InvalidArgumentError("a batch has rows that are null as a whole");
    }
    if (batch->n_children != schema_->n_children) {
      return absl::InvalidArgumentError("a batch has not the columns of its schema");
    }
    ArrayParts parts;
    parts.length = batch->length;
    parts.buffers.push_back(nullptr);
    for (size_t i = 0; i < static_cast<size_t>(batch->n_children); ++i) {
      ArrowArray* child = batch->children[i];
      if (child->length < batch->offset + batch->length) {
        return absl::InvalidArgumentError("a column is shorter than its batch");
      }
      Owned<ArrowArray> column(std::exchange(*child, ArrowArray{}));
      if (batch->offset > 0 || column->length > batch->length) {
        column.get()->offset += batch->offset;
        column.get()->length = batch->length;
        if (column->null_count > 0) column.get()->null_count = -1;
      }
      if (IsMapped(i)) {
        const ArrowSchema& type = *schema_->children[i];
        TF_ASSIGN_OR_RETURN(column, map_->Map(type, *column, {NameOf(type), rows_}));
      }
      parts.children.push_back(std::move(column));
    }
    return Export(std::move(parts));
  }

  Source source_;
  const std::string name_;  // Of the one column; empty: its field's.
  const std::shared_ptr<ColumnMap> map_;
  Owned<ArrowSchema> schema_;
  std::vector<size_t> columns_;  // Ascending.
  int64_t rows_ = 0;             // That came before.
};

}  // namespace

absl::StatusOr<std::unique_ptr<BatchReader>> MapColumns(Owned<ArrowArrayStream> stream,
                                                        const MapColumnsOptions& options,
                                                        std::shared_ptr<ColumnMap> map) {
  return MappedColumns::Open(std::move(stream), options, std::move(map));
}

}  // namespace tokenfoundry::arrow
