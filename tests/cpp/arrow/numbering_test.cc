#include "tokenfoundry/arrow/numbering.h"

#include <gtest/gtest.h>

namespace tokenfoundry::arrow {
namespace {

std::string Found(std::string_view text) {
  std::string found;
  for (auto place = FindPlaceholder(text, 0); place; place = FindPlaceholder(text, place->end)) {
    found.append(text.substr(place->start, place->end - place->start)).append(";");
  }
  return found;
}

TEST(Numbering, PlaceholdersAreFoundAsTheRegularExpressionFindsThem) {
  EXPECT_EQ(Found("a [EMAIL_ADDRESS_1] b"), "[EMAIL_ADDRESS_1];");
  EXPECT_EQ(Found("[A_1][B2_3_4]"), "[A_1];[B2_3_4];");
  EXPECT_EQ(Found("[[A_1]]"), "[A_1];");
  EXPECT_EQ(Found("[A_[B_1]"), "[B_1];");
  EXPECT_EQ(Found("[A1] [_1] [1A_1] [a_1] [A_] [A_1"), "");
  EXPECT_EQ(Found("[A__1]["), "[A__1];");
}

TEST(Numbering, TheSameValueOfTheSameEntityHasOneNumber) {
  Numbering numbering;
  EXPECT_EQ(numbering.Assign("A", "x"), 1u);
  EXPECT_EQ(numbering.Assign("A", "y"), 2u);
  EXPECT_EQ(numbering.Assign("B", "x"), 1u);
  EXPECT_EQ(numbering.Assign("A", "x"), 1u);
  EXPECT_EQ(numbering.values().size(), 3u);
}

TEST(Numbering, ValuesAreGivenBackForTheirOwnPlaceholdersAlone) {
  Numbering numbering;
  for (int i = 0; i < 1000; ++i) numbering.Assign("A_B", "value " + std::to_string(i));
  EXPECT_EQ(numbering.ValueOf("[A_B_1]"), "value 0");
  EXPECT_EQ(numbering.ValueOf("[A_B_1000]"), "value 999");
  EXPECT_EQ(numbering.ValueOf("[A_B_1001]"), std::nullopt);
  EXPECT_EQ(numbering.ValueOf("[A_B_01]"), std::nullopt);
  EXPECT_EQ(numbering.ValueOf("[A_B_0]"), std::nullopt);
  EXPECT_EQ(numbering.ValueOf("[A_1]"), std::nullopt);
  EXPECT_EQ(numbering.ValueOf("[A_B_99999999999999999999]"), std::nullopt);
}

}  // namespace
}  // namespace tokenfoundry::arrow
