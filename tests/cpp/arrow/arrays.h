// Reading exported arrays back, by hand.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tokenfoundry/arrow/columns_internal.h"

namespace tokenfoundry::arrow {

inline Owned<ArrowArray> Finished(Column& column) {
  auto array = column.Finish();
  EXPECT_TRUE(array.ok()) << array.status();
  return array.ok() ? *std::move(array) : Owned<ArrowArray>();
}

template <typename T>
std::vector<T> Numbers(const ArrowArray& array, int buffer, int64_t count) {
  const auto* values = static_cast<const T*>(array.buffers[buffer]);
  return {values, values + count};
}

inline bool IsValid(const ArrowArray& array, int64_t i) {
  const auto* bits = static_cast<const uint8_t*>(array.buffers[0]);
  return bits == nullptr || (bits[i / 8] >> (i % 8) & 1) != 0;
}

using Texts = std::vector<std::optional<std::string>>;

inline Texts TextsOf(const ArrowArray& array) {
  const auto* offsets = static_cast<const int32_t*>(array.buffers[1]);
  const auto* bytes = static_cast<const char*>(array.buffers[2]);
  Texts texts;
  for (int64_t i = 0; i < array.length; ++i) {
    texts.push_back(IsValid(array, i) ? std::optional(std::string(bytes + offsets[i], bytes + offsets[i + 1]))
                                      : std::nullopt);
  }
  return texts;
}

inline Texts DecodedTextsOf(const ArrowArray& array) {
  const Texts values = TextsOf(*array.dictionary);
  Texts texts;
  for (int64_t i = 0; i < array.length; ++i) {
    const int32_t number = static_cast<const int32_t*>(array.buffers[1])[i];
    texts.push_back(IsValid(array, i) ? values.at(static_cast<size_t>(number)) : std::nullopt);
  }
  return texts;
}

}  // namespace tokenfoundry::arrow
