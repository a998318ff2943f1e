#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tokenfoundry/tokens/pretokenizer_internal.h"

namespace tokenfoundry::tokens {
namespace {

using Pieces = std::vector<std::string>;

Pieces Split(Pretokenizer pretokenizer, std::string_view text) {
  Pieces pieces;
  const PieceEnd piece_end = PieceEndOf(pretokenizer);
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    const char* const next = piece_end(at, end);
    pieces.emplace_back(at, next);
    at = next;
  }
  return pieces;
}

struct Case {
  const char* what;
  std::string text;
  Pieces cl100k;
  Pieces o200k;
};

const std::vector<Case>& Cases() {
  static const auto* const cases = new std::vector<Case>{
      {"a word takes the character before it", "a (b", {"a", " (", "b"}, {"a", " (", "b"}},
      {"one sign before a word belongs to it", "a(b \tc", {"a", "(b", " ", "\tc"}, {"a", "(b", " ", "\tc"}},
      {"a contraction ends an o200k word, stands alone in cl100k",
       "it's I'LL",
       {"it", "'s", " I", "'LL"},
       {"it's", " I'LL"}},
      {"the long s folds to s", "it'\u017F", {"it", "'\u017F"}, {"it'\u017F"}},
      {"a contraction at the start is one only in cl100k", "'story", {"'s", "tory"}, {"'story"}},
      {"half a contraction is none", "we'r 'l", {"we", "'r", " '", "l"}, {"we", "'r", " '", "l"}},
      {"contractions do not chain", "a's't", {"a", "'s", "'t"}, {"a's", "'t"}},
      {"a contraction at the end of the text", "a'", {"a", "'"}, {"a", "'"}},
      {"numbers go by threes", "12345 6", {"123", "45", " ", "6"}, {"123", "45", " ", "6"}},
      {"signs take the newlines behind them", "!!\r\n\n x", {"!!\r\n\n", " x"}, {"!!\r\n\n", " x"}},
      {"only o200k signs take slashes after newlines", "!\n/\n/a", {"!\n", "/\n", "/a"}, {"!\n/\n/", "a"}},
      {"white space leaves its last character to the word", "a   b", {"a", "  ", " b"}, {"a", "  ", " b"}},
      {"white space leaves its last character to a number", "a   1", {"a", "  ", " ", "1"}, {"a", "  ", " ", "1"}},
      {"white space up to its last newline", "a \n \n  b", {"a", " \n \n", " ", " b"}, {"a", " \n \n", " ", " b"}},
      {"at the end cl100k keeps all white space together", "a \n  ", {"a", " \n  "}, {"a", " \n", "  "}},
      {"a wide space is not left before punctuation",
       "\u3000\u3000!",
       {"\u3000", "\u3000", "!"},
       {"\u3000", "\u3000", "!"}},
      {"o200k splits where the case rises",
       "camelCaseHTTPServer",
       {"camelCaseHTTPServer"},
       {"camel", "Case", "HTTPServer"}},
      {"upper case alone is a word", "HTTP 1", {"HTTP", " ", "1"}, {"HTTP", " ", "1"}},
      {"upper case after an uncased letter is given back", "\u4E2DAB", {"\u4E2DAB"}, {"\u4E2D", "AB"}},
      {"a mark alone before upper case is a word of its own", "\u0301AB", {"\u0301AB"}, {"\u0301", "AB"}},
      {"a mark takes part in an o200k word", "e\u0301te\u0301", {"e", "\u0301te", "\u0301"}, {"e\u0301te\u0301"}},
      {"a mark ends the run of upper case", "AB\u0301CD", {"AB", "\u0301CD"}, {"AB\u0301", "CD"}},
      {"a newline is never a prefix", "\na\r\nb", {"\n", "a", "\r\n", "b"}, {"\n", "a", "\r\n", "b"}},
      {"a stray byte is a sign", "a\xFF\xFEz", {"a", "\xFF\xFE", "z"}, {"a", "\xFF\xFE", "z"}},
  };
  return *cases;
}

TEST(Pretokenizer, SplitsTheEdgeCasesAsThePatternsDo) {
  for (const Case& edge : Cases()) {
    EXPECT_EQ(Split(Pretokenizer::kCl100k, edge.text), edge.cl100k) << edge.what;
    EXPECT_EQ(Split(Pretokenizer::kO200k, edge.text), edge.o200k) << edge.what;
  }
}

TEST(Pretokenizer, ThePiecesOfAnyBytesJoinToTheBytes) {
  uint32_t state = 1;
  for (int round = 0; round < 2'000; ++round) {
    std::string text;
    for (int i = 0; i < 40; ++i) {
      state = state * 1664525 + 1013904223;
      text += static_cast<char>(state >> 24);
    }
    for (const Pretokenizer pretokenizer : {Pretokenizer::kCl100k, Pretokenizer::kO200k}) {
      std::string joined;
      for (const std::string& piece : Split(pretokenizer, text)) {
        ASSERT_FALSE(piece.empty());
        joined += piece;
      }
      ASSERT_EQ(joined, text);
    }
  }
}

}  // namespace
}  // namespace tokenfoundry::tokens
