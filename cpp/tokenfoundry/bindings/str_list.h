// A column that is a list of str: None is null.
#pragma once

#include <pybind11/pybind11.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tokenfoundry/arrow/text_columns.h"
#include "tokenfoundry/bindings/convert.h"

namespace tokenfoundry::bindings {

inline py::str ToStr(std::string_view text) { return py::str(text.data(), text.size()); }

// Reads what str objects of a list say, and keeps those that a sink did not change.
class StrList {
 public:
  // `column` is what errors call it. `rows` and `repeats` as in arrow::Rows; none: the places in the list, and once
  // each.
  StrList(const py::list& items, std::string_view column, std::optional<std::vector<int64_t>> rows = std::nullopt,
          std::optional<std::vector<int64_t>> repeats = std::nullopt)
      : repeats_(std::move(repeats).value_or(std::vector<int64_t>())) {
    texts_.reserve(items.size());
    for (const py::handle item : items) {
      pinned_.append(item);
      if (item.is_none()) {
        texts_.emplace_back();
      } else if (py::isinstance<py::str>(item)) {
        Py_ssize_t size = 0;
        const char* bytes = PyUnicode_AsUTF8AndSize(item.ptr(), &size);
        if (bytes == nullptr) {
          PyErr_Clear();
          RaiseAt(column, "the text holds a lone surrogate, which has no UTF-8 form");
        }
        texts_.emplace_back(bytes, static_cast<size_t>(size));
      } else {
        RaiseAt(column, std::string("not text but ").append(Py_TYPE(item.ptr())->tp_name));
      }
    }
    if (rows) numbers_ = *std::move(rows);
    for (size_t i = numbers_.size(); !rows && i < texts_.size(); ++i) numbers_.push_back(static_cast<int64_t>(i));
    if (numbers_.size() != texts_.size() || (repeats && repeats_.size() != texts_.size())) {
      Raise(absl::InvalidArgumentError("rows and repeats are one for each text"));
    }
  }

  // Without the GIL.
  absl::Status ForEachSlice(const arrow::ColumnPlace& place,
                            const std::function<absl::Status(const arrow::Rows&)>& see) const {
    constexpr size_t kSliceRows = 1 << 16;
    for (size_t at = 0; at < texts_.size(); at += kSliceRows) {
      const size_t count = std::min(kSliceRows, texts_.size() - at);
      TF_RETURN_IF_ERROR(see({{&texts_[at], count}, {&numbers_[at], count}, RepeatsOf(at, count), &place}));
    }
    return absl::OkStatus();
  }

  [[noreturn]] void RaiseAt(std::string_view column, const std::string& what) const {
    Raise(absl::InvalidArgumentError(absl::StrCat("column '", AbslView(column), "', row ", texts_.size(), ": ", what)));
  }

  std::span<const int64_t> RepeatsOf(size_t at, size_t count) const {
    return repeats_.empty() ? std::span<const int64_t>() : std::span(repeats_).subspan(at, count);
  }

  std::span<const std::string_view> texts() const { return texts_; }
  size_t size() const { return texts_.size(); }
  std::string_view text(size_t at) const { return texts_[at]; }
  py::object item(size_t at) const { return pinned_[at]; }

 private:
  py::list pinned_;
  std::vector<std::string_view> texts_;
  std::vector<int64_t> numbers_;
  std::vector<int64_t> repeats_;
};

class Changed : public arrow::TextSink {
 public:
  explicit Changed(const StrList& list) : list_(list) {}

  absl::Status Append(std::string_view text) override {
    if (text.data() != list_.text(row_).data()) changed_.emplace_back(row_, text);
    ++row_;
    return absl::OkStatus();
  }
  void AppendNull() override { ++row_; }

  py::list ToList() const {
    py::list out(list_.size());
    auto next = changed_.begin();
    for (size_t row = 0; row < list_.size(); ++row) {
      out[row] = next != changed_.end() && next->first == row ? py::object(ToStr((next++)->second)) : list_.item(row);
    }
    return out;
  }

 private:
  const StrList& list_;
  size_t row_ = 0;
  std::vector<std::pair<size_t, std::string>> changed_;
};

}  // namespace tokenfoundry::bindings
