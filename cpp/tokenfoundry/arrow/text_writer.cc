#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "tokenfoundry/arrow/text_writer_internal.h"

namespace tokenfoundry::arrow {
namespace {

// Which rows are null: no bitmap until the first one is.
class Validity {
 public:
  void Append(bool is_valid) {
    if (!is_valid && null_count_++ == 0) {
      for (int64_t i = 0; i < length_; ++i) bits_.Append(true);
    }
    if (null_count_ > 0) bits_.Append(is_valid);
    ++length_;
  }
  ArrayParts Finish() {
    ArrayParts parts;
    parts.length = length_;
    parts.null_count = null_count_;
    parts.buffers.push_back(null_count_ > 0 ? bits_.Finish() : nullptr);
    return parts;
  }

 private:
  Bits bits_;
  int64_t length_ = 0;
  int64_t null_count_ = 0;
};

template <typename Offset>
class OffsetWriter : public TextWriter {
 public:
  void Reserve(size_t rows, size_t bytes) override {
    offsets_.reserve(rows + 1);
    bytes_.reserve(bytes);
  }
  absl::Status Append(std::string_view text) override {
    if (text.size() > static_cast<size_t>(std::numeric_limits<Offset>::max()) - bytes_.size()) {
      return absl::OutOfRangeError("one batch would hold more than 2 GiB of utf8: give smaller batches, or large_utf8");
    }
    bytes_.append(text);
    offsets_.push_back(static_cast<Offset>(bytes_.size()));
    validity_.Append(true);
    return absl::OkStatus();
  }
  void AppendNull() override {
    offsets_.push_back(static_cast<Offset>(bytes_.size()));
    validity_.Append(false);
  }
  Owned<ArrowArray> Finish() override {
    ArrayParts parts = validity_.Finish();
    parts.buffers.push_back(ToBuffer(std::move(offsets_)));
    parts.buffers.push_back(ToBuffer(std::move(bytes_)));
    return Export(std::move(parts));
  }

 private:
  Validity validity_;
  std::vector<Offset> offsets_{0};
  std::string bytes_;
};

class ViewWriter : public TextWriter {
 public:
  void Reserve(size_t rows, size_t bytes) override { views_.reserve(rows); }
  absl::Status Append(std::string_view text) override {
    if (text.size() > kMaxTextBytes) return absl::OutOfRangeError("a text is longer than 2 GiB");
    const auto size = static_cast<int32_t>(text.size());
    View& view = views_.emplace_back(View{});
    std::memcpy(view.data(), &size, sizeof(size));
    validity_.Append(true);
    if (text.size() <= kInlineBytes) {
      std::memcpy(view.data() + 4, text.data(), text.size());
      return absl::OkStatus();
    }
    if (bytes_.empty() || bytes_.back().size() + text.size() > bytes_.back().capacity()) AddBuffer(text.size());
    const std::array<int32_t, 2> place = {static_cast<int32_t>(bytes_.size() - 1),
                                          static_cast<int32_t>(bytes_.back().size())};
    std::memcpy(view.data() + 4, text.data(), 4);
    std::memcpy(view.data() + 8, place.data(), sizeof(place));
    bytes_.back().append(text);
    return absl::OkStatus();
  }
  void AppendNull() override {
    views_.push_back({});
    validity_.Append(false);
  }
  Owned<ArrowArray> Finish() override {
    ArrayParts parts = validity_.Finish();
    parts.buffers.push_back(ToBuffer(std::move(views_)));
    std::vector<int64_t> sizes;
    for (std::string& bytes : bytes_) {
      sizes.push_back(static_cast<int64_t>(bytes.size()));
      parts.buffers.push_back(ToBuffer(std::move(bytes)));
    }
    parts.buffers.push_back(ToBuffer(std::move(sizes)));
    return Export(std::move(parts));
  }

 private:
  using View = std::array<char, 16>;
  static constexpr size_t kInlineBytes = 12;
  static constexpr size_t kFirstBufferBytes = 16 << 10;
  static constexpr size_t kBufferBytes = 64 << 20;
  static constexpr size_t kMaxTextBytes = std::numeric_limits<int32_t>::max();

  // One for a text of so many bytes at least, twice the one before: none is ever grown, which would copy it.
  void AddBuffer(size_t least) {
    const size_t size = bytes_.empty() ? kFirstBufferBytes : std::min(2 * bytes_.back().capacity(), kBufferBytes);
    bytes_.emplace_back().reserve(std::max(size, least));
  }

  Validity validity_;
  std::vector<View> views_;
  std::vector<std::string> bytes_;
};

template <typename Index>
Buffer Narrowed(const std::vector<int64_t>& indices) {
  std::vector<Index> narrow;
  narrow.reserve(indices.size());
  for (const int64_t index : indices) narrow.push_back(static_cast<Index>(index < 0 ? 0 : index));
  return ToBuffer(std::move(narrow));
}

Buffer IndexBuffer(char format, const std::vector<int64_t>& indices) {
  switch (format) {
    case 'c':
    case 'C':
      return Narrowed<uint8_t>(indices);
    case 's':
    case 'S':
      return Narrowed<uint16_t>(indices);
    case 'i':
    case 'I':
      return Narrowed<uint32_t>(indices);
    default:
      return Narrowed<int64_t>(indices);
  }
}

}  // namespace

std::unique_ptr<TextWriter> TextWriter::Of(TextType::Layout layout) {
  switch (layout) {
    case TextType::Layout::kUtf8:
      return std::make_unique<OffsetWriter<int32_t>>();
    case TextType::Layout::kLargeUtf8:
      return std::make_unique<OffsetWriter<int64_t>>();
    case TextType::Layout::kUtf8View:
      break;
  }
  return std::make_unique<ViewWriter>();
}

std::string FormatOf(TextType::Layout layout) {
  return layout == TextType::Layout::kUtf8 ? "u" : layout == TextType::Layout::kLargeUtf8 ? "U" : "vu";
}

Owned<ArrowArray> IndexArray(const std::string& format, const std::vector<int64_t>& indices,
                             Owned<ArrowArray> dictionary) {
  Validity validity;
  for (const int64_t index : indices) validity.Append(index >= 0);
  ArrayParts parts = validity.Finish();
  parts.buffers.push_back(IndexBuffer(format[0], indices));
  parts.dictionary = std::move(dictionary);
  return Export(std::move(parts));
}

Owned<ArrowArray> NullArray(int64_t length) {
  ArrayParts parts;
  parts.length = length;
  parts.null_count = length;
  return Export(std::move(parts));
}

}  // namespace tokenfoundry::arrow
