#include <gtest/gtest.h>

#include "tokenfoundry/tokens/nfc_internal.h"

namespace tokenfoundry::tokens {
namespace {

std::string Nfc(std::string_view text) {
  std::string storage = "what was there before";
  return std::string(Composed(text, &storage));
}

TEST(Nfc, ComposesWhatTheStandardComposes) {
  EXPECT_EQ(Nfc("e\u0301"), "\u00E9");
  EXPECT_EQ(Nfc("a\u0323\u0307"), "\u1EA1\u0307");  // The nearer class first,
  EXPECT_EQ(Nfc("a\u0307\u0323"), "\u1EA1\u0307");  // in whatever order they came.
  EXPECT_EQ(Nfc("a\u0315\u0300"), "\u00E0\u0315");  // A mark of another class is not in the way,
  EXPECT_EQ(Nfc("a\u0301\u0300"), "\u00E1\u0300");  // one of the same class is.
  EXPECT_EQ(Nfc("\u1112\u1161\u11AB"), "\uD55C");   // Hangul
  EXPECT_EQ(Nfc("\uD558\u11AB"), "\uD55C");
  EXPECT_EQ(Nfc("\u212B"), "\u00C5");              // Angstrom
  EXPECT_EQ(Nfc("\u0958"), "\u0915\u093C");        // Excluded from composition
  EXPECT_EQ(Nfc("\u0DD9\u0DCF\u0DCA"), "\u0DDD");  // In two steps
  EXPECT_EQ(Nfc("\U0001D15E"), "\U0001D157\U0001D165");
}

TEST(Nfc, WhatIsComposedIsGivenBackUnchanged) {
  for (const std::string& text : {std::string(), std::string("plain"), std::string("perch\u00E9 \u4E2D\u6587 \uD55C"),
                                  std::string("\u0301 a mark alone"), std::string("\u00E0\u0301")}) {
    EXPECT_EQ(Nfc(text), text);
  }
  const std::string_view text = "\u4E2D \u00E9";
  std::string storage;
  EXPECT_EQ(Composed(text, &storage).data(), text.data());  // Not copied.
}

TEST(Nfc, ABytesThatAreNoUtf8StayAndJoinNothing) {
  EXPECT_EQ(Nfc("\xFF"
                "e\u0301\xCC"),
            "\xFF\u00E9\xCC");
  EXPECT_EQ(Nfc("e\xCC\u0301"), "e\xCC\u0301");
  EXPECT_EQ(Nfc("\xC3\u0301"), "\xC3\u0301");
}

TEST(Nfc, ChangesOnlyWhereItMust) {
  std::string text, expected;
  for (int i = 0; i < 2'000; ++i) text += "x\u00E9\u4E2D e\u0301", expected += "x\u00E9\u4E2D \u00E9";
  EXPECT_EQ(Nfc(text), expected);
}

}  // namespace
}  // namespace tokenfoundry::tokens
