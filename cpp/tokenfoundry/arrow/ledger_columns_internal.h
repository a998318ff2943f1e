// The columns that entries and rollups share: what was used, and by whom.
#pragma once

#include <array>
#include <string>

#include "tokenfoundry/arrow/columns_internal.h"
#include "tokenfoundry/ledger/ledger.h"

namespace tokenfoundry::arrow {

// One int64 column for each of some numbers.
template <size_t kSize>
class NumberColumns {
 public:
  template <typename Names>
  NumberColumns(const Names& names, StructColumn* row) {
    for (size_t i = 0; i < kSize; ++i) columns_[i] = row->Add<Int64Column>(std::string(names[i]));
  }
  template <typename Number>
  void Append(const std::array<Number, kSize>& numbers) {
    for (size_t i = 0; i < kSize; ++i) columns_[i]->Append(static_cast<int64_t>(numbers[i]));
  }

 private:
  std::array<Int64Column*, kSize> columns_;
};

// Dictionaries, but for the sessions: almost every call may have its own.
class AxisColumns {
 public:
  enum class Sessions : bool { kLeftOut, kIncluded };

  AxisColumns(Sessions sessions, StructColumn* row);
  void Append(const ledger::Axes& axes);

 private:
  static constexpr size_t kSession = static_cast<size_t>(ledger::Axis::kSession);
  static_assert(kSession == ledger::kAxes - 1);

  std::array<DictionaryColumn*, kSession> columns_;
  TextColumn* session_ = nullptr;
};

template <typename AnyTextColumn>
void AppendOrNull(std::string_view text, AnyTextColumn* column) {
  text.empty() ? column->AppendNull() : column->Append(text);
}

inline void AppendOrNull(int64_t value, int64_t absent, NumberColumn<int64_t>* column) {
  value == absent ? column->AppendNull() : column->Append(value);
}

size_t TextBytes(const ledger::Axes& axes);

// A batch that is being filled, and when it is full.
class BatchSize {
 public:
  explicit BatchSize(const StreamOptions& options) : most_rows_(options.batch_rows), most_bytes_(options.batch_bytes) {}

  void Add(size_t bytes) {
    ++rows_;
    bytes_ += bytes;
  }
  bool IsEmpty() const { return rows_ == 0; }
  bool IsFull() const { return rows_ >= most_rows_ || bytes_ >= most_bytes_; }
  int64_t RowsLeft() const { return most_rows_ - rows_; }
  void Clear() { rows_ = bytes_ = 0; }

 private:
  const int64_t most_rows_;
  const size_t most_bytes_;
  int64_t rows_ = 0;
  size_t bytes_ = 0;
};

}  // namespace tokenfoundry::arrow
