#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tokenfoundry/pii/phrase_hash_internal.h"
#include "tokenfoundry/pii/word_beginnings_internal.h"

namespace tokenfoundry::pii {
namespace {

TEST(WordBeginnings, AreTheLettersInLowerCase) {
  const WordBeginning whole = BeginningAt("Partita IVA", 0);
  EXPECT_EQ(whole.size, 7U);
  EXPECT_TRUE(whole.is_known);
  EXPECT_EQ(whole.letters, BeginningAt("x partita", 2).letters);
  EXPECT_NE(whole.letters, BeginningAt("partite", 0).letters);
  EXPECT_EQ(BeginningAt("[@`{x", 0).size, 0U);
  EXPECT_EQ(BeginningAt("Umsatzsteuer", 0).size, 8U);
  EXPECT_TRUE(BeginningAt("Umsatzst\xC3\xA4uer", 0).is_known);
  EXPECT_FALSE(BeginningAt("num\xC3\xA9ro", 0).is_known);
}

// Where words begin, letter by letter; of those that may be it, where NextWord has to stop.
std::vector<size_t> Expected(const std::string& text, const auto& may_be) {
  std::vector<size_t> starts;
  for (size_t at = 0; at < text.size();) {
    const size_t end = SkipWord(text, at, text.size());
    const WordBeginning word = BeginningAt(text, at);
    if (end > at && (!word.is_known || may_be(word.letters))) starts.push_back(at);
    at = end > at ? end : at + 1;
    while (end <= at && at < text.size() && IsContinuation(text[at])) ++at;
  }
  return starts;
}

TEST(WordBeginnings, NoWordThatMayBeOneIsPassedOver) {
  std::mt19937 random(7);
  const std::vector<std::string> parts = {"a",
                                          "b",
                                          "Z",
                                          "ab",
                                          "word",
                                          std::string(70, 'q'),
                                          " ",
                                          "  ",
                                          ", ",
                                          "1",
                                          "_",
                                          "\n",
                                          "\xC3\xA9",
                                          "\xE2\x80\x99",
                                          "\xC2\xA0",
                                          "\xD0\x96",
                                          std::string(63, '.'),
                                          std::string(64, 'b') + "\xC3\xA9"};
  const auto may_be = [](uint64_t letters) { return letters % 3 == 0; };
  size_t words = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (size_t i = random() % 40; i > 0; --i) text += parts[random() % parts.size()];
    std::vector<size_t> stopped;
    for (size_t at = 0; (at = NextWord(text, at, text.size(), may_be)) < text.size();) {
      const size_t end = SkipWord(text, at, text.size());
      const WordBeginning word = BeginningAt(text, at);
      if (end > at && (!word.is_known || may_be(word.letters))) stopped.push_back(at);
      at = end > at ? end : at + 1;
      while (end <= at && at < text.size() && IsContinuation(text[at])) ++at;
    }
    ASSERT_EQ(stopped, Expected(text, may_be)) << text;
    words += stopped.size();
  }
  EXPECT_GT(words, 10000U);
}

}  // namespace
}  // namespace tokenfoundry::pii
