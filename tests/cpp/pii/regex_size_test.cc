#include <gtest/gtest.h>

#include "tokenfoundry/pii/regex_size_internal.h"

namespace tokenfoundry::pii {
namespace {

TEST(RegexSize, WritesEveryBoundedRepeatOut) {
  EXPECT_EQ(RegexSize(""), 0u);
  EXPECT_EQ(RegexSize("abc"), 3u);
  EXPECT_EQ(RegexSize("[a-z\\]]{2,5}"), 5u);
  EXPECT_EQ(RegexSize("(ab){3}c"), 7u);
  EXPECT_EQ(RegexSize("(a(b{2}c){3}){4}"), 40u);
  EXPECT_EQ(RegexSize("(.{0,200}a){50}"), 10'050u);
  EXPECT_EQ(RegexSize("\\{3}"), 3u);
  EXPECT_EQ(RegexSize("a{x"), 3u);
}

TEST(RegexSize, SaturatesAndTakesWhatIsNoExpression) {
  EXPECT_GT(RegexSize("((((a{99999}){99999}){99999}){99999}){99999}"), kMaxRegexSize);
  for (const char* regex : {"(", ")", "[", "\\", "{", "a{", "((", "[^]"}) EXPECT_LE(RegexSize(regex), 4u) << regex;
}

}  // namespace
}  // namespace tokenfoundry::pii
