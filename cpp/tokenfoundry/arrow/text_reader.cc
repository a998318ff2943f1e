#include <array>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "tokenfoundry/arrow/text_reader_internal.h"

namespace tokenfoundry::arrow {
namespace {

constexpr std::string_view kIndexFormats = "cCsSiIlL";

absl::Status Broken(std::string_view column, std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("column '", AbslView(column), "' is no Arrow array: ", AbslView(what)));
}

// The bitmap, or null where it need not be asked.
const uint8_t* ValidityOf(const ArrowArray& array) {
  if (array.null_count == 0 || array.n_buffers == 0) return nullptr;
  return static_cast<const uint8_t*>(array.buffers[0]);
}

// What stands in words for a format string.
std::string NameOfFormat(std::string_view format) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kNames = {{
      {"b", "bool"},
      {"c", "int8"},
      {"C", "uint8"},
      {"s", "int16"},
      {"S", "uint16"},
      {"i", "int32"},
      {"I", "uint32"},
      {"l", "int64"},
      {"L", "uint64"},
      {"f", "float"},
      {"g", "double"},
      {"z", "binary"},
      {"Z", "large_binary"},
      {"vz", "binary_view"},
  }};
  for (const auto& [key, name] : kNames) {
    if (key == format) return std::string(name);
  }
  if (format.starts_with("w")) return "fixed-size binary";
  if (format.starts_with("+s")) return "a struct";
  if (format.starts_with("+")) return "a list or another nested type";
  if (format.starts_with("t")) return "a date, time or duration";
  if (format.starts_with("d")) return "a decimal";
  return absl::StrCat("of Arrow format '", AbslView(format), "'");
}

std::optional<TextType::Layout> LayoutOf(std::string_view format) {
  if (format == "u") return TextType::Layout::kUtf8;
  if (format == "U") return TextType::Layout::kLargeUtf8;
  if (format == "vu") return TextType::Layout::kUtf8View;
  return std::nullopt;
}

}  // namespace

absl::StatusOr<TextType> TextTypeOf(const ArrowSchema& schema) {
  const std::string_view format = schema.format;
  const std::string_view name = schema.name != nullptr ? schema.name : "";
  if (format == "n") return TextType{.is_all_null = true};
  const ArrowSchema* values = schema.dictionary != nullptr ? schema.dictionary : &schema;
  const std::optional<TextType::Layout> layout =
      values->dictionary == nullptr ? LayoutOf(values->format) : std::nullopt;
  if (!layout) {
    return absl::InvalidArgumentError(
        absl::StrCat("column '", AbslView(name), "' is not text but ", NameOfType(schema)));
  }
  TextType type{.layout = *layout};
  if (schema.dictionary == nullptr) return type;
  if (format.size() != 1 || kIndexFormats.find(format[0]) == std::string_view::npos) {
    return Broken(name, "its dictionary's indices are no integers");
  }
  type.index_format = std::string(format);
  type.is_ordered = (schema.flags & ARROW_FLAG_DICTIONARY_ORDERED) != 0;
  return type;
}

std::string NameOfType(const ArrowSchema& schema) {
  if (schema.dictionary == nullptr) return NameOfFormat(schema.format);
  return absl::StrCat("a dictionary of ", NameOfFormat(schema.dictionary->format));
}

bool IsText(const ArrowSchema& schema) {
  const ArrowSchema& values = schema.dictionary != nullptr ? *schema.dictionary : schema;
  return LayoutOf(values.format).has_value();
}

absl::StatusOr<TextReader> TextReader::Open(TextType::Layout layout, const ArrowArray& array, std::string_view column) {
  if (array.length < 0 || array.offset < 0) return Broken(column, "its length or offset is below 0");
  if (array.n_buffers < 3) return Broken(column, "a buffer is missing");
  TextReader reader;
  reader.layout_ = layout;
  reader.length_ = array.length;
  reader.offset_ = array.offset;
  reader.validity_ = ValidityOf(array);
  reader.places_ = array.buffers[1];
  if (layout == TextType::Layout::kUtf8View) {
    const auto count = static_cast<size_t>(array.n_buffers);
    reader.view_bytes_ = {array.buffers + 2, count - 3};
    reader.view_sizes_ = static_cast<const int64_t*>(array.buffers[count - 1]);
    if (reader.view_sizes_ == nullptr && count > 3) return Broken(column, "the sizes of its buffers are missing");
  } else {
    reader.bytes_ = static_cast<const char*>(array.buffers[2]);
  }
  if (reader.places_ == nullptr && array.length > 0) return Broken(column, "the places of its texts are missing");
  return reader;
}

size_t TextReader::size_bytes() const {
  if (length_ == 0 || layout_ == TextType::Layout::kUtf8View) return 0;
  const auto between = [&](const auto* offsets) {
    const int64_t size = int64_t{offsets[offset_ + length_]} - offsets[offset_];
    return size > 0 ? static_cast<size_t>(size) : 0;
  };
  return layout_ == TextType::Layout::kUtf8 ? between(static_cast<const int32_t*>(places_))
                                            : between(static_cast<const int64_t*>(places_));
}

absl::StatusOr<std::string_view> TextReader::At(int64_t at) const {
  const int64_t row = offset_ + at;
  if (IsNullAt(validity_, row)) return std::string_view();
  int64_t start = 0;
  int64_t end = 0;
  switch (layout_) {
    case TextType::Layout::kUtf8:
      start = static_cast<const int32_t*>(places_)[row];
      end = static_cast<const int32_t*>(places_)[row + 1];
      break;
    case TextType::Layout::kLargeUtf8:
      start = static_cast<const int64_t*>(places_)[row];
      end = static_cast<const int64_t*>(places_)[row + 1];
      break;
    case TextType::Layout::kUtf8View:
      return ViewAt(row);
  }
  if (start < 0 || end < start) return absl::InvalidArgumentError("its offsets go backwards");
  if (start == end) return std::string_view("");
  if (bytes_ == nullptr) return absl::InvalidArgumentError("its texts are missing");
  return std::string_view(bytes_ + start, static_cast<size_t>(end - start));
}

// A view is 16 bytes: the size; then the text itself up to 12 bytes, or its first four, which buffer and where in it.
absl::StatusOr<std::string_view> TextReader::ViewAt(int64_t row) const {
  constexpr int32_t kInlineBytes = 12;
  const char* view = static_cast<const char*>(places_) + 16 * row;
  std::array<int32_t, 4> fields;
  std::memcpy(fields.data(), view, sizeof(fields));
  const int32_t size = fields[0];
  if (size < 0) return absl::InvalidArgumentError("a text has a size below 0");
  if (size <= kInlineBytes) return std::string_view(view + 4, static_cast<size_t>(size));
  const int32_t buffer = fields[2];
  const int64_t start = fields[3];
  if (buffer < 0 || static_cast<size_t>(buffer) >= view_bytes_.size() || start < 0 ||
      start + size > view_sizes_[buffer]) {
    return absl::InvalidArgumentError("a text stands outside of its buffers");
  }
  return std::string_view(static_cast<const char*>(view_bytes_[static_cast<size_t>(buffer)]) + start,
                          static_cast<size_t>(size));
}

absl::StatusOr<IndexReader> IndexReader::Open(const TextType& type, const ArrowArray& array, std::string_view column) {
  if (array.length < 0 || array.offset < 0) return Broken(column, "its length or offset is below 0");
  if (array.n_buffers < 2 || array.dictionary == nullptr)
    return Broken(column, "a buffer or the dictionary is missing");
  IndexReader reader;
  reader.format_ = type.index_format[0];
  reader.length_ = array.length;
  reader.offset_ = array.offset;
  reader.size_ = array.dictionary->length;
  reader.validity_ = ValidityOf(array);
  reader.indices_ = array.buffers[1];
  if (reader.indices_ == nullptr && array.length > 0) return Broken(column, "its indices are missing");
  return reader;
}

absl::StatusOr<int64_t> IndexReader::At(int64_t at) const {
  const int64_t row = offset_ + at;
  if (IsNullAt(validity_, row)) return -1;
  const auto read = [&]<typename T>(T) { return static_cast<int64_t>(static_cast<const T*>(indices_)[row]); };
  int64_t index = -1;
  switch (format_) {
    case 'c':
      index = read(int8_t{});
      break;
    case 'C':
      index = read(uint8_t{});
      break;
    case 's':
      index = read(int16_t{});
      break;
    case 'S':
      index = read(uint16_t{});
      break;
    case 'i':
      index = read(int32_t{});
      break;
    case 'I':
      index = read(uint32_t{});
      break;
    case 'l':
      index = read(int64_t{});
      break;
    case 'L':
      index = read(uint64_t{});
      break;
  }
  if (index < 0 || index >= size_) return absl::InvalidArgumentError("an index is not one of its dictionary");
  return index;
}

absl::StatusOr<UsedTexts> ReadUsedTexts(const TextType& type, const ArrowArray& array, std::string_view column) {
  TF_ASSIGN_OR_RETURN(const IndexReader indices, IndexReader::Open(type, array, column));
  TF_ASSIGN_OR_RETURN(const TextReader texts, TextReader::Open(type.layout, *array.dictionary, column));
  UsedTexts used;
  used.of_row.reserve(static_cast<size_t>(indices.length()));
  constexpr int64_t kUnseen = -2;
  std::vector<int64_t> place_of(static_cast<size_t>(texts.length()), kUnseen);
  for (int64_t row = 0; row < indices.length(); ++row) {
    TF_ASSIGN_OR_RETURN(const int64_t index, indices.At(row));
    if (index < 0) {
      used.of_row.push_back(-1);
      continue;
    }
    int64_t& place = place_of[static_cast<size_t>(index)];
    if (place == kUnseen) {
      TF_ASSIGN_OR_RETURN(const std::string_view text, texts.At(index));
      place = text.data() == nullptr ? -1 : static_cast<int64_t>(used.texts.size());
      if (place >= 0) {
        used.texts.push_back(text);
        used.first_rows.push_back(row);
        used.repeats.push_back(0);
        used.indices.push_back(index);
      }
    }
    if (place >= 0) ++used.repeats[static_cast<size_t>(place)];
    used.of_row.push_back(place);
  }
  return used;
}

}  // namespace tokenfoundry::arrow
