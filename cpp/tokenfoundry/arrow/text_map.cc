#include <algorithm>
#include <map>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "tokenfoundry/arrow/export_internal.h"
#include "tokenfoundry/arrow/text_reader_internal.h"
#include "tokenfoundry/arrow/text_writer_internal.h"
#include "tokenfoundry/text/text.h"

namespace tokenfoundry::arrow {
namespace {

// What one slice holds at most: it bounds what is kept of a batch beside its texts, and is enough for every thread.
constexpr size_t kSliceBytes = 8 << 20;
constexpr size_t kSliceRows = 1 << 16;

absl::Status At(const ColumnPlace& place, int64_t row, std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("column '", place.name, "', row ", place.first_row + row, ": ", AbslView(what)));
}

// Gathers rows until there are enough for a slice.
class Slicer {
 public:
  using See = std::function<absl::Status(const Rows&)>;

  Slicer(const ColumnPlace& place, const See& see) : place_(place), see_(see) {}

  absl::Status Add(std::string_view text, int64_t row, std::optional<int64_t> repeats) {
    if (!text::IsValidUtf8(text)) return At(place_, row, "the text is not UTF-8");
    texts_.push_back(text);
    numbers_.push_back(place_.first_row + row);
    if (repeats) repeats_.push_back(*repeats);
    bytes_ += text.size();
    return bytes_ >= kSliceBytes || texts_.size() >= kSliceRows ? Flush() : absl::OkStatus();
  }

  absl::Status Flush() {
    if (texts_.empty()) return absl::OkStatus();
    TF_RETURN_IF_ERROR(see_({texts_, numbers_, repeats_, &place_}));
    texts_.clear();
    numbers_.clear();
    repeats_.clear();
    bytes_ = 0;
    return absl::OkStatus();
  }

 private:
  const ColumnPlace& place_;
  const See& see_;
  std::vector<std::string_view> texts_;
  std::vector<int64_t> numbers_;
  std::vector<int64_t> repeats_;
  size_t bytes_ = 0;
};

absl::Status SeeTexts(const TextReader& reader, const ColumnPlace& place, const Slicer::See& see) {
  Slicer slicer(place, see);
  for (int64_t row = 0; row < reader.length(); ++row) {
    const auto text = reader.At(row);
    if (!text.ok()) return At(place, row, StdView(text.status().message()));
    TF_RETURN_IF_ERROR(slicer.Add(*text, row, std::nullopt));
  }
  return slicer.Flush();
}

absl::Status SeeUsed(const UsedTexts& used, const ColumnPlace& place, const Slicer::See& see) {
  Slicer slicer(place, see);
  for (size_t i = 0; i < used.texts.size(); ++i) {
    TF_RETURN_IF_ERROR(slicer.Add(used.texts[i], used.first_rows[i], used.repeats[i]));
  }
  return slicer.Flush();
}

// A dictionary of `texts`, made of those of `used`, in the order of the one that was and each once.
absl::StatusOr<Owned<ArrowArray>> Encoded(const TextType& type, const UsedTexts& used,
                                          const std::vector<std::optional<std::string>>& texts) {
  std::vector<size_t> by_index(texts.size());
  std::iota(by_index.begin(), by_index.end(), 0);
  std::sort(by_index.begin(), by_index.end(), [&](size_t a, size_t b) { return used.indices[a] < used.indices[b]; });
  const std::unique_ptr<TextWriter> writer = TextWriter::Of(type.layout);
  std::map<std::string_view, int64_t> index_of;
  std::vector<int64_t> new_index(texts.size(), -1);
  for (const size_t i : by_index) {
    if (!texts[i]) continue;
    const auto [known, is_new] = index_of.emplace(*texts[i], static_cast<int64_t>(index_of.size()));
    if (is_new) TF_RETURN_IF_ERROR(writer->Append(*texts[i]));
    new_index[i] = known->second;
  }
  std::vector<int64_t> of_row;
  of_row.reserve(used.of_row.size());
  for (const int64_t place : used.of_row) of_row.push_back(place < 0 ? -1 : new_index[static_cast<size_t>(place)]);
  return IndexArray(type.index_format, of_row, writer->Finish());
}

}  // namespace

absl::Status ForEachSlice(const ArrowSchema& schema, const ArrowArray& array, const ColumnPlace& place,
                          const std::function<absl::Status(const Rows&)>& see) {
  TF_ASSIGN_OR_RETURN(const TextType type, TextTypeOf(schema));
  if (type.is_all_null) return absl::OkStatus();
  if (type.index_format.empty()) {
    TF_ASSIGN_OR_RETURN(const TextReader reader, TextReader::Open(type.layout, array, place.name));
    return SeeTexts(reader, place, see);
  }
  TF_ASSIGN_OR_RETURN(const UsedTexts used, ReadUsedTexts(type, array, place.name));
  return SeeUsed(used, place, see);
}

absl::Status TextMap::CheckKept(const ArrowSchema& schema) {
  const std::string_view name = schema.name != nullptr ? schema.name : "";
  if (const auto extension = MetadataValue(schema, "ARROW:extension:name")) {
    return absl::InvalidArgumentError(
        absl::StrCat("column '", AbslView(name), "' is of the extension type ", *extension,
                     ", which may not hold what is made of its texts: cast it to its storage type, which is text"));
  }
  if (MetadataValue(schema, "_PL_ENUM_VALUES") || MetadataValue(schema, "_PL_ENUM_VALUES2")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "column '", AbslView(name), "' is an Enum, whose texts are fixed: cast it to Categorical or ", "String"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Owned<ArrowSchema>> TextMap::SchemaOf(const ArrowSchema& schema) const {
  TF_ASSIGN_OR_RETURN(const TextType type, TextTypeOf(schema));
  if (makes_texts()) TF_RETURN_IF_ERROR(CheckKept(schema));
  Field field{schema.name != nullptr ? schema.name : "", schema.format, (schema.flags & ARROW_FLAG_NULLABLE) != 0};
  if (!type.index_format.empty()) {
    field.dictionary_format = FormatOf(type.layout);
    field.dictionary_is_ordered = type.is_ordered;
  }
  return Export(field);
}

absl::StatusOr<Owned<ArrowArray>> TextMap::Map(const ArrowSchema& schema, const ArrowArray& array,
                                               const ColumnPlace& place) {
  TF_ASSIGN_OR_RETURN(const TextType type, TextTypeOf(schema));
  if (type.is_all_null) return NullArray(array.length);
  if (type.index_format.empty()) {
    TF_ASSIGN_OR_RETURN(const TextReader reader, TextReader::Open(type.layout, array, place.name));
    const std::unique_ptr<TextWriter> writer = TextWriter::Of(type.layout);
    writer->Reserve(static_cast<size_t>(reader.length()), reader.size_bytes() + reader.size_bytes() / 16);
    TF_RETURN_IF_ERROR(SeeTexts(reader, place, [&](const Rows& rows) { return MapRows(rows, writer.get()); }));
    return writer->Finish();
  }
  TF_ASSIGN_OR_RETURN(const UsedTexts used, ReadUsedTexts(type, array, place.name));
  TextList texts;
  TF_RETURN_IF_ERROR(SeeUsed(used, place, [&](const Rows& rows) { return MapRows(rows, &texts); }));
  return Encoded(type, used, texts.texts());
}

}  // namespace tokenfoundry::arrow
