// The texts of somebody else's array, one view each.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "tokenfoundry/arrow/text_columns.h"

namespace tokenfoundry::arrow {

inline bool IsNullAt(const uint8_t* validity, int64_t at) {
  return validity != nullptr && (validity[at / 8] >> (at % 8) & 1) == 0;
}

// An array of texts without a dictionary. Borrows it.
class TextReader {
 public:
  // kInvalidArgument for an array that lacks a buffer of its type.
  static absl::StatusOr<TextReader> Open(TextType::Layout layout, const ArrowArray& array, std::string_view column);

  int64_t length() const { return length_; }

  // Of all texts; 0 where it is not known without reading them.
  size_t size_bytes() const;

  // The text of row `at`, data() is null if the row is. kInvalidArgument where the array contradicts itself.
  absl::StatusOr<std::string_view> At(int64_t at) const;

 private:
  absl::StatusOr<std::string_view> ViewAt(int64_t at) const;

  TextType::Layout layout_ = TextType::Layout::kUtf8;
  int64_t length_ = 0;
  int64_t offset_ = 0;
  const uint8_t* validity_ = nullptr;  // Null: no row is.
  const void* places_ = nullptr;       // Offsets or views.
  const char* bytes_ = nullptr;
  std::span<const void* const> view_bytes_;
  const int64_t* view_sizes_ = nullptr;
};

// A dictionary's indices, whatever their width.
class IndexReader {
 public:
  static absl::StatusOr<IndexReader> Open(const TextType& type, const ArrowArray& array, std::string_view column);

  int64_t length() const { return length_; }
  // -1 where the row is null. kInvalidArgument for an index that the dictionary does not have.
  absl::StatusOr<int64_t> At(int64_t at) const;

 private:
  char format_ = 'i';
  int64_t length_ = 0;
  int64_t offset_ = 0;
  int64_t size_ = 0;  // Of the dictionary.
  const uint8_t* validity_ = nullptr;
  const void* indices_ = nullptr;
};

// The texts that a dictionary-encoded column uses, each once, in the order of the rows that first use them.
struct UsedTexts {
  std::vector<int64_t> of_row;  // Which of `texts`; -1 where the row is null.
  std::vector<std::string_view> texts;
  std::vector<int64_t> first_rows;  // From the beginning of the array.
  std::vector<int64_t> repeats;
  std::vector<int64_t> indices;  // In the dictionary that was.
};
absl::StatusOr<UsedTexts> ReadUsedTexts(const TextType& type, const ArrowArray& array, std::string_view column);

}  // namespace tokenfoundry::arrow
