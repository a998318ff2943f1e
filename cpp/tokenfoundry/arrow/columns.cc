#include <limits>

#include "tokenfoundry/arrow/columns_internal.h"
#include "tokenfoundry/text/text.h"

namespace tokenfoundry::arrow {
namespace {

absl::Status CheckSize(size_t size) {
  if (size <= static_cast<size_t>(std::numeric_limits<int32_t>::max())) return absl::OkStatus();
  return absl::OutOfRangeError("a column of one batch holds more than 2 GiB");
}

// Whether each text is UTF-8: all of them together are, and none begins inside a character.
absl::Status CheckUtf8(const std::vector<int32_t>& offsets, std::string_view all) {
  bool is_valid = text::IsValidUtf8(all);
  for (const int32_t offset : offsets) {
    const size_t at = static_cast<size_t>(offset);
    is_valid = is_valid && (at == all.size() || (static_cast<uint8_t>(all[at]) & 0xc0) != 0x80);
  }
  return is_valid ? absl::OkStatus() : absl::DataLossError("a text is not UTF-8");
}

}  // namespace

void BoolColumn::Append(bool value) {
  values_.Append(value);
  AppendValidity(true);
}

void BoolColumn::AppendNull() {
  values_.Append(false);
  AppendValidity(false);
}

Field BoolColumn::FieldNamed(std::string name) const { return {std::move(name), "b", is_nullable()}; }

absl::StatusOr<Owned<ArrowArray>> BoolColumn::Finish() {
  ArrayParts parts = FinishValidity();
  parts.buffers.push_back(values_.Finish());
  return Export(std::move(parts));
}

void TextColumn::Append(std::string_view text) {
  bytes_.append(text);
  offsets_.push_back(static_cast<int32_t>(bytes_.size()));
  AppendValidity(true);
}

void TextColumn::AppendNull() {
  offsets_.push_back(static_cast<int32_t>(bytes_.size()));
  AppendValidity(false);
}

Field TextColumn::FieldNamed(std::string name) const { return {std::move(name), "u", is_nullable()}; }

absl::StatusOr<Owned<ArrowArray>> TextColumn::Finish() {
  ArrayParts parts = FinishValidity();
  std::vector<int32_t> offsets = std::exchange(offsets_, {0});
  std::string bytes = std::exchange(bytes_, {});
  TF_RETURN_IF_ERROR(CheckSize(bytes.size()));
  TF_RETURN_IF_ERROR(CheckUtf8(offsets, bytes));
  parts.buffers.push_back(ToBuffer(std::move(offsets)));
  parts.buffers.push_back(ToBuffer(std::move(bytes)));
  return Export(std::move(parts));
}

void BinaryColumn::Append(std::string_view bytes) {
  bytes_.append(bytes);
  offsets_.push_back(static_cast<int64_t>(bytes_.size()));
  AppendValidity(true);
}

void BinaryColumn::AppendNull() {
  offsets_.push_back(static_cast<int64_t>(bytes_.size()));
  AppendValidity(false);
}

Field BinaryColumn::FieldNamed(std::string name) const { return {std::move(name), "Z", is_nullable()}; }

absl::StatusOr<Owned<ArrowArray>> BinaryColumn::Finish() {
  ArrayParts parts = FinishValidity();
  parts.buffers.push_back(ToBuffer(std::exchange(offsets_, {0})));
  parts.buffers.push_back(ToBuffer(std::exchange(bytes_, {})));
  return Export(std::move(parts));
}

void DictionaryColumn::Append(std::string_view text) {
  numbers_.push_back(NumberOf(text));
  AppendValidity(true);
}

// In a column without nulls it must be a number that the dictionary has.
void DictionaryColumn::AppendNull() {
  numbers_.push_back(is_nullable() ? 0 : NumberOf(""));
  AppendValidity(false);
}

int32_t DictionaryColumn::NumberOf(std::string_view text) {
  if (!numbers_.empty() && !texts_.empty() && texts_[static_cast<size_t>(numbers_.back())] == text) {
    return numbers_.back();
  }
  const auto known = number_by_text_.find(text);
  if (known != number_by_text_.end()) return known->second;
  const auto number = static_cast<int32_t>(texts_.size());
  number_by_text_.emplace(texts_.emplace_back(text), number);
  bytes_ += text.size();
  return number;
}

Field DictionaryColumn::FieldNamed(std::string name) const { return {std::move(name), "i", is_nullable(), {}, "u"}; }

absl::StatusOr<Owned<ArrowArray>> DictionaryColumn::Finish() {
  if (published_ < texts_.size() || buffers_.empty()) TF_RETURN_IF_ERROR(Publish());
  ArrayParts dictionary;
  dictionary.length = static_cast<int64_t>(published_);
  dictionary.buffers = buffers_;
  ArrayParts parts = FinishValidity();
  parts.buffers.push_back(ToBuffer(std::exchange(numbers_, {})));
  parts.dictionary = Export(std::move(dictionary));
  if (texts_.size() > kTexts_max || bytes_ > kBytes_max) {
    number_by_text_.clear();
    texts_.clear();
    buffers_.clear();
    bytes_ = published_ = 0;
  }
  return Export(std::move(parts));
}

// New buffers for all texts: the old ones belong to batches that were handed out.
absl::Status DictionaryColumn::Publish() {
  TF_RETURN_IF_ERROR(CheckSize(bytes_));
  std::vector<int32_t> offsets{0};
  std::string bytes;
  offsets.reserve(texts_.size() + 1);
  bytes.reserve(bytes_);
  for (const std::string& text : texts_) {
    bytes.append(text);
    offsets.push_back(static_cast<int32_t>(bytes.size()));
  }
  TF_RETURN_IF_ERROR(CheckUtf8(offsets, bytes));
  buffers_ = {nullptr, ToBuffer(std::move(offsets)), ToBuffer(std::move(bytes))};
  published_ = texts_.size();
  return absl::OkStatus();
}

void StructColumn::AppendNull() {
  for (auto& [name, column] : children_) column->AppendNull();
  AppendValidity(false);
}

Field StructColumn::FieldNamed(std::string name) const {
  Field field{std::move(name), "+s", is_nullable()};
  for (const auto& [child_name, column] : children_) field.children.push_back(column->FieldNamed(child_name));
  return field;
}

absl::StatusOr<Owned<ArrowArray>> StructColumn::Finish() {
  ArrayParts parts = FinishValidity();
  for (auto& [name, column] : children_) {
    if (column->length() != parts.length) return absl::InternalError("column " + name + " lacks a value");
    TF_ASSIGN_OR_RETURN(Owned<ArrowArray> child, column->Finish());
    parts.children.push_back(std::move(child));
  }
  return Export(std::move(parts));
}

void ListColumn::Append() {
  offsets_.push_back(static_cast<int32_t>(values_->length()));
  AppendValidity(true);
}

void ListColumn::AppendNull() {
  offsets_.push_back(static_cast<int32_t>(values_->length()));
  AppendValidity(false);
}

Field ListColumn::FieldNamed(std::string name) const {
  return {std::move(name), "+l", is_nullable(), {values_->FieldNamed("item")}};
}

absl::StatusOr<Owned<ArrowArray>> ListColumn::Finish() {
  TF_RETURN_IF_ERROR(CheckSize(static_cast<size_t>(values_->length())));
  ArrayParts parts = FinishValidity();
  parts.buffers.push_back(ToBuffer(std::exchange(offsets_, {0})));
  TF_ASSIGN_OR_RETURN(Owned<ArrowArray> values, values_->Finish());
  parts.children.push_back(std::move(values));
  return Export(std::move(parts));
}

}  // namespace tokenfoundry::arrow
