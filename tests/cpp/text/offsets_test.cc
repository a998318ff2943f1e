#include <gtest/gtest.h>

#include <vector>

#include "tokenfoundry/text/text.h"

namespace tokenfoundry::text {
namespace {

TEST(ToCodePoints, CountsOneForEachCodePointWhateverItsBytes) {
  const std::string_view text = "aè€🍋b";  // 1, 2, 3, 4 and 1 bytes.
  std::vector<size_t> offsets = {0, 1, 3, 6, 10, 11};
  ToCodePoints(text, offsets);
  EXPECT_EQ(offsets, (std::vector<size_t>{0, 1, 2, 3, 4, 5}));
}

TEST(ToCodePoints, TakesEqualOffsetsAndNone) {
  std::vector<size_t> offsets = {3, 3, 4};
  ToCodePoints("€ab", offsets);
  EXPECT_EQ(offsets, (std::vector<size_t>{1, 1, 2}));
  std::vector<size_t> none;
  ToCodePoints("€ab", none);
  EXPECT_TRUE(none.empty());
}

}  // namespace
}  // namespace tokenfoundry::text
