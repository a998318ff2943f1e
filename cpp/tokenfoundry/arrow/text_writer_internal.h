// Arrays of text of our own making, in each of the layouts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenfoundry/arrow/columns_internal.h"
#include "tokenfoundry/arrow/text_columns.h"

namespace tokenfoundry::arrow {

// A sink that becomes an array. Append is kOutOfRange where the layout cannot hold more: 2 GiB of utf8.
class TextWriter : public TextSink {
 public:
  static std::unique_ptr<TextWriter> Of(TextType::Layout layout);
  // Room for about so much: growing to it would copy what is there again and again.
  virtual void Reserve(size_t rows, size_t bytes) = 0;
  virtual Owned<ArrowArray> Finish() = 0;
};

// Keeps its texts, to be read again.
class TextList : public TextSink {
 public:
  absl::Status Append(std::string_view text) override {
    texts_.emplace_back(text);
    return absl::OkStatus();
  }
  void AppendNull() override { texts_.emplace_back(std::nullopt); }
  const std::vector<std::optional<std::string>>& texts() const { return texts_; }

 private:
  std::vector<std::optional<std::string>> texts_;
};

std::string FormatOf(TextType::Layout layout);

// Indices of a dictionary with the given width; -1 is null.
Owned<ArrowArray> IndexArray(const std::string& format, const std::vector<int64_t>& indices,
                             Owned<ArrowArray> dictionary);

// Rows without any value, of the null type.
Owned<ArrowArray> NullArray(int64_t length);

}  // namespace tokenfoundry::arrow
