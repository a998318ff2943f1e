#include "tokenfoundry/arrow/numbering.h"

#include <gtest/gtest.h>

namespace tokenfoundry::arrow {
namespace {

std::string Found(std::string_view text) {
  std::string found;
  for (auto form = FindForm(text, 0); form; form = FindForm(text, form->end)) {
    found.append(text.substr(form->start, form->end - form->start)).append(";");
  }
  return found;
}

TEST(Numbering, FormsAreFoundAsTheRegularExpressionFindsThem) {
  EXPECT_EQ(Found("a [EMAIL_ADDRESS_1] b"), "[EMAIL_ADDRESS_1];");
  EXPECT_EQ(Found("[A_1][b2_3_4]"), "[A_1];[b2_3_4];");
  EXPECT_EQ(Found("[[A_1]]"), "[A_1];");
  EXPECT_EQ(Found("[A_[ B_1\t]"), "[ B_1\t];");
  EXPECT_EQ(Found("[    A_1\xC2\xA0]"), "[    A_1\xC2\xA0];");
  EXPECT_EQ(Found("[     A_1] [_1] [1A_1] [A_1 x] [A_1"), "");
  EXPECT_EQ(Found("[" + std::string(96, 'A') + "]").size(), 99u);
  EXPECT_EQ(Found("[" + std::string(97, 'A') + "]"), "");
}

TEST(Numbering, OnlyWhatMayHoldAnotherFormNeedsReading) {
  for (const std::string_view text : {"\\[A\\_1\\]", "&#91;A_1&#93;",
                                      "\xE3\x80\x90"
                                      "A_1\xE3\x80\x91",
                                      "\\u005bA_1]", "[A&#95;1]", "[\\u0041_\\u0031]"}) {
    EXPECT_TRUE(NeedsReading(text)) << text;
  }
  for (const std::string_view text : {"[A_1]", "a & b", "one\\ntwo", "x_1",
                                      "\xE3\x80\x90"
                                      "A\xE3\x80\x91"}) {
    EXPECT_FALSE(NeedsReading(text)) << text;
  }
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
  EXPECT_EQ(numbering.ValueOf("A_B_1"), "value 0");
  EXPECT_EQ(numbering.ValueOf("A_B_1000"), "value 999");
  for (const std::string_view name : {"A_B_1001", "A_B_01", "A_B_0", "A_B_", "A_1", "A", "A_B_99999999999999999999"}) {
    EXPECT_EQ(numbering.ValueOf(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace tokenfoundry::arrow
