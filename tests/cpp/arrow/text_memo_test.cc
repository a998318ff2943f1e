#include <gtest/gtest.h>

#include <string>

#include "tokenfoundry/arrow/text_memo_internal.h"

namespace tokenfoundry::arrow {
namespace {

using Memo = TextMemo<int>;

// Asks for the text as a column does, and says whether it was known; `found` is what looking through it would find.
bool Knows(Memo* memo, const std::string& text, int found) {
  if (const std::vector<int>* known = memo->Find(text)) {
    EXPECT_EQ(*known, std::vector<int>{found}) << text;
    return true;
  }
  memo->Add(text, std::vector<int>{found});
  return false;
}

TEST(TextMemo, KnowsATextFromItsThirdTimeOn) {
  Memo memo;
  EXPECT_FALSE(Knows(&memo, "again", 7));
  EXPECT_FALSE(Knows(&memo, "again", 7));
  EXPECT_TRUE(Knows(&memo, "again", 7));
  EXPECT_FALSE(Knows(&memo, "another", 8));
}

TEST(TextMemo, TextsThatComeOnceDoNotPushOutThoseThatComeAgain) {
  constexpr int kTexts = 8000;
  Memo memo;
  int once = 0;
  int known = 0;
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < kTexts; ++i) {
      const bool is_known = Knows(&memo, "a text that comes again and again " + std::to_string(i), i);
      known += round == 5 && is_known ? 1 : 0;
      if (round < 2) continue;  // By then they are remembered.
      for (int other = 0; other < 10; ++other) Knows(&memo, "once " + std::to_string(once++), other);
    }
  }
  EXPECT_GT(known, kTexts * 9 / 10);
}

TEST(TextMemo, ForgetsWhereTheLabelIsAnother) {
  Memo memo;
  for (int i = 0; i < 3; ++i) Knows(&memo, "12345670017", 1);
  memo.SetLabel("partita_iva");
  EXPECT_EQ(memo.Find("12345670017"), nullptr);
}

TEST(TextMemo, StaysBounded) {
  Memo memo;
  for (int i = 0; i < 20000; ++i) {
    const std::string text = std::to_string(i) + std::string(Memo::kMaxTextBytes - 8, 'x');
    Knows(&memo, text, i);
    Knows(&memo, text, i);
    Knows(&memo, text, i);
    ASSERT_LE(memo.bytes(), Memo::kMaxBytes);
  }
}

}  // namespace
}  // namespace tokenfoundry::arrow
