// Arrays and streams as somebody else would hand them over, which count how often they are released.
#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/cpp/arrow/arrays.h"
#include "tokenfoundry/arrow/text_reader_internal.h"
#include "tokenfoundry/arrow/text_writer_internal.h"

namespace tokenfoundry::arrow {

using Layout = TextType::Layout;

// The same array, whose release is counted.
inline Owned<ArrowArray> Counted(Owned<ArrowArray> array, int* released) {
  struct Holder {
    Owned<ArrowArray> inner;
    int* released;
  };
  ArrowArray counted = *array;
  counted.private_data = new Holder{std::move(array), released};
  counted.release = [](ArrowArray* self) {
    std::unique_ptr<Holder> holder(static_cast<Holder*>(self->private_data));
    ++*holder->released;
    self->release = nullptr;
  };
  return Owned<ArrowArray>(counted);
}

inline Owned<ArrowArray> GivenTexts(Layout layout, const Texts& texts) {
  const auto writer = TextWriter::Of(layout);
  for (const auto& text : texts) {
    if (text) {
      EXPECT_TRUE(writer->Append(*text).ok());
    } else {
      writer->AppendNull();
    }
  }
  return writer->Finish();
}

inline Owned<ArrowSchema> GivenSchema(Layout layout, const std::string& name) {
  return Export(Field{name, FormatOf(layout), true});
}

inline Texts ReadTexts(Layout layout, const ArrowArray& array) {
  const auto reader = TextReader::Open(layout, array, "out");
  EXPECT_TRUE(reader.ok()) << reader.status();
  Texts texts;
  for (int64_t row = 0; row < reader->length(); ++row) {
    const auto text = reader->At(row);
    EXPECT_TRUE(text.ok()) << text.status();
    texts.push_back(text->data() == nullptr ? std::nullopt : std::optional(std::string(*text)));
  }
  return texts;
}

// A stream of these arrays that fails after them, if told to.
inline Owned<ArrowArrayStream> GivenStream(Owned<ArrowSchema> schema, std::vector<Owned<ArrowArray>> arrays,
                                           absl::Status after = absl::OkStatus()) {
  class Reader : public BatchReader {
   public:
    Reader(std::unique_ptr<BatchReader> inner, absl::Status after)
        : inner_(std::move(inner)), after_(std::move(after)) {}
    Owned<ArrowSchema> Schema() const override { return inner_->Schema(); }
    absl::StatusOr<Owned<ArrowArray>> Next() override {
      auto array = inner_->Next();
      if (array.ok() && !*array && !after_.ok()) return after_;
      return array;
    }

   private:
    const std::unique_ptr<BatchReader> inner_;
    const absl::Status after_;
  };
  return Export(std::make_unique<Reader>(ReadArrays(std::move(schema), std::move(arrays)), std::move(after)));
}

}  // namespace tokenfoundry::arrow
