// Columns that grow by one value at a time, and become an Arrow array.
//
// Finish hands the values over without copying them and leaves the column empty for the next batch. Texts must be
// UTF-8: consumers do not look again, so Finish does. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tokenfoundry/arrow/export_internal.h"

namespace tokenfoundry::arrow {

// The memory of a vector or a string. Never a null pointer, which some consumers refuse even for no bytes.
template <typename Values>
Buffer ToBuffer(Values values) {
  values.reserve(1);
  auto owner = std::make_shared<const Values>(std::move(values));
  const void* data = owner->data();
  return Buffer(std::move(owner), data);
}

// Bits, the least significant first.
class Bits {
 public:
  void Append(bool bit) {
    if (size_ % 8 == 0) bytes_.push_back(0);
    bytes_.back() |= static_cast<uint8_t>(bit << (size_ % 8));
    ++size_;
  }
  Buffer Finish() {
    size_ = 0;
    return ToBuffer(std::exchange(bytes_, {}));
  }

 private:
  std::vector<uint8_t> bytes_;
  size_t size_ = 0;
};

enum class Nulls : bool { kNever, kAllowed };

class Column {
 public:
  explicit Column(Nulls nulls) : nulls_(nulls) {}
  virtual ~Column() = default;
  Column(const Column&) = delete;
  Column& operator=(const Column&) = delete;

  virtual Field FieldNamed(std::string name) const = 0;

  // In a column that has no nulls: an empty value, to stand under a parent that is null.
  virtual void AppendNull() = 0;

  virtual absl::StatusOr<Owned<ArrowArray>> Finish() = 0;

  int64_t length() const { return length_; }

 protected:
  bool is_nullable() const { return nulls_ == Nulls::kAllowed; }

  // Every value says here whether it is one. The bitmap begins with the first null.
  void AppendValidity(bool is_valid) {
    if (is_valid || !is_nullable()) {
      if (null_count_ > 0) validity_.Append(true);
    } else {
      if (null_count_++ == 0) {
        for (int64_t i = 0; i < length_; ++i) validity_.Append(true);
      }
      validity_.Append(false);
    }
    ++length_;
  }

  // The parts that every array has; begins anew.
  ArrayParts FinishValidity() {
    ArrayParts parts;
    parts.length = std::exchange(length_, 0);
    parts.null_count = std::exchange(null_count_, 0);
    parts.buffers.push_back(parts.null_count > 0 ? validity_.Finish() : nullptr);
    return parts;
  }

 private:
  const Nulls nulls_;
  int64_t length_ = 0;
  int64_t null_count_ = 0;
  Bits validity_;
};

// Of a type without parameters, or with those that are fixed by `format`.
template <typename T>
class NumberColumn : public Column {
 public:
  NumberColumn(Nulls nulls, std::string format) : Column(nulls), format_(std::move(format)) {}

  void Append(T value) {
    values_.push_back(value);
    AppendValidity(true);
  }
  void AppendNull() override {
    values_.push_back(0);
    AppendValidity(false);
  }
  Field FieldNamed(std::string name) const override { return {std::move(name), format_, is_nullable()}; }
  absl::StatusOr<Owned<ArrowArray>> Finish() override {
    ArrayParts parts = FinishValidity();
    parts.buffers.push_back(ToBuffer(std::exchange(values_, {})));
    return Export(std::move(parts));
  }

 private:
  const std::string format_;
  std::vector<T> values_;
};

class Int32Column : public NumberColumn<int32_t> {
 public:
  explicit Int32Column(Nulls nulls = Nulls::kNever) : NumberColumn(nulls, "i") {}
};

class Int64Column : public NumberColumn<int64_t> {
 public:
  explicit Int64Column(Nulls nulls = Nulls::kNever) : NumberColumn(nulls, "l") {}
};

// Unix ms, UTC.
class TimeColumn : public NumberColumn<int64_t> {
 public:
  explicit TimeColumn(Nulls nulls = Nulls::kNever) : NumberColumn(nulls, "tsm:UTC") {}
};

class BoolColumn : public Column {
 public:
  explicit BoolColumn(Nulls nulls = Nulls::kNever) : Column(nulls) {}

  void Append(bool value);
  void AppendNull() override;
  Field FieldNamed(std::string name) const override;
  absl::StatusOr<Owned<ArrowArray>> Finish() override;

 private:
  Bits values_;
};

// UTF-8 with 32-bit offsets: 2 GiB a batch at most, which Finish checks.
class TextColumn : public Column {
 public:
  explicit TextColumn(Nulls nulls = Nulls::kNever) : Column(nulls) {}

  void Append(std::string_view text);
  void AppendNull() override;
  Field FieldNamed(std::string name) const override;
  absl::StatusOr<Owned<ArrowArray>> Finish() override;

 private:
  std::vector<int32_t> offsets_{0};
  std::string bytes_;
};

// Any bytes, with 64-bit offsets.
class BinaryColumn : public Column {
 public:
  explicit BinaryColumn(Nulls nulls = Nulls::kNever) : Column(nulls) {}

  void Append(std::string_view bytes);
  void AppendNull() override;
  Field FieldNamed(std::string name) const override;
  absl::StatusOr<Owned<ArrowArray>> Finish() override;

 private:
  std::vector<int64_t> offsets_{0};
  std::string bytes_;
};

// Texts of which few differ. The dictionary goes on from batch to batch, so a text keeps its number and batches share
// memory, until it has grown beyond kTexts_max or kBytes_max: the next batch then begins a new one.
class DictionaryColumn : public Column {
 public:
  static constexpr size_t kTexts_max = 65'536;
  static constexpr size_t kBytes_max = 4 << 20;

  explicit DictionaryColumn(Nulls nulls = Nulls::kNever) : Column(nulls) {}

  void Append(std::string_view text);
  void AppendNull() override;
  Field FieldNamed(std::string name) const override;
  absl::StatusOr<Owned<ArrowArray>> Finish() override;

 private:
  int32_t NumberOf(std::string_view text);
  absl::Status Publish();

  std::vector<int32_t> numbers_;
  std::deque<std::string> texts_;  // By number; they do not move.
  std::unordered_map<std::string_view, int32_t> number_by_text_;
  size_t bytes_ = 0;      // Of all texts.
  size_t published_ = 0;  // How many texts the buffers have.
  std::vector<Buffer> buffers_;
};

// A row of columns: of a batch, or a value made of several.
class StructColumn : public Column {
 public:
  explicit StructColumn(Nulls nulls = Nulls::kNever) : Column(nulls) {}

  // The column stays the struct's.
  template <typename AnyColumn>
  AnyColumn* Add(std::string name, std::unique_ptr<AnyColumn> column) {
    AnyColumn* added = column.get();
    children_.emplace_back(std::move(name), std::move(column));
    return added;
  }
  template <typename AnyColumn>
  AnyColumn* Add(std::string name, Nulls nulls = Nulls::kNever) {
    return Add(std::move(name), std::make_unique<AnyColumn>(nulls));
  }

  // Ends a row: every column has got its value.
  void Append() { AppendValidity(true); }
  void AppendNull() override;
  Field FieldNamed(std::string name) const override;
  absl::StatusOr<Owned<ArrowArray>> Finish() override;

 private:
  std::vector<std::pair<std::string, std::unique_ptr<Column>>> children_;
};

// Lists of values of one column, with 32-bit offsets.
class ListColumn : public Column {
 public:
  ListColumn(std::unique_ptr<Column> values, Nulls nulls = Nulls::kNever) : Column(nulls), values_(std::move(values)) {}

  // Ends a list: what was appended to the values since the one before.
  void Append();
  void AppendNull() override;
  Field FieldNamed(std::string name) const override;
  absl::StatusOr<Owned<ArrowArray>> Finish() override;

 private:
  std::unique_ptr<Column> values_;
  std::vector<int32_t> offsets_{0};
};

}  // namespace tokenfoundry::arrow
