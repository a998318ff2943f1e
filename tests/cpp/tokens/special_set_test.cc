#include <gtest/gtest.h>

#include "tests/cpp/tokens/toy_vocabulary.h"
#include "tokenfoundry/tokens/special_set_internal.h"
#include "tokenfoundry/tokens/tokens.h"

namespace tokenfoundry::tokens {
namespace {

using Places = std::vector<std::tuple<size_t, size_t, uint32_t>>;  // Begin, end, id.

Places All(const SpecialFinder& finder, std::string_view text) {
  Places places;
  for (size_t at = 0;;) {
    const SpecialFinder::Found found = finder.Next(text, at);
    if (found.token == nullptr) return places;
    places.emplace_back(found.begin, found.end, found.token->id);
    at = found.end;
  }
}

TEST(SpecialFinder, TheFirstToComeAndOfThoseTheLongest) {
  const SpecialSet set({{1, "<a>", 0}, {2, "<a><b>", 0}, {3, "<b>", 0}, {4, "x", 0}});
  EXPECT_EQ(All(set.all_allowed(), "-<a><b><b>x<a"), (Places{{1, 7, 2}, {7, 10, 3}, {10, 11, 4}}));
  EXPECT_EQ(All(set.all_allowed(), ""), Places{});
}

TEST(SpecialFinder, TakesTheWhiteSpaceBesideIt) {
  const SpecialSet set({{1, "<a>", kTakesSpaceBefore}, {2, "<b>", kTakesSpaceBehind}});
  EXPECT_EQ(All(set.all_allowed(), "x \t<a> y<b>\n z"), (Places{{1, 6, 1}, {8, 13, 2}}));
  EXPECT_EQ(All(set.all_allowed(), "\xC2\xA0\xE3\x80\x80<a>"), (Places{{0, 8, 1}}));  // Wide spaces, too.
  EXPECT_EQ(All(set.all_allowed(), "<b>  <a>"), (Places{{0, 5, 2}, {5, 8, 1}}));      // Each space once.
}

TEST(SpecialSet, SaysWhichTextEachIsOneIn) {
  const SpecialSet set({{1, "<a>", 0}, {2, "<b>", kMayBeOrdinary}, {3, "<c>", kNever}});
  EXPECT_EQ(All(set.all_allowed(), "<a><b><c>"), (Places{{0, 3, 1}, {3, 6, 2}}));
  EXPECT_EQ(set.ByText("<c>"), nullptr);
  EXPECT_EQ(set.ById(3)->text, "<c>");
  EXPECT_EQ(set.ById(4), nullptr);
}

// What a table's rules do to a text, seen from outside.
std::string Back(uint32_t rules, std::string_view text) {
  VocabularySource source = ToySource({"ab"});
  source.text_rules = rules;
  source.special_tokens = {{300, "<|end|>", 0}};
  const auto tokenizer = *Tokenizer::FromTable(*BuildTable(source));
  const Ids ids = tokenizer->EncodeWithAllSpecial(text);
  EXPECT_EQ(tokenizer->Count(text), tokenizer->Encode(text).size());
  return *tokenizer->Decode(ids);
}

TEST(Tokenizer, PreparesEachPartBetweenSpecialTokensAsItsRulesSay) {
  EXPECT_EQ(Back(0, "ab<|end|>ab"), "ab<|end|>ab");
  EXPECT_EQ(Back(kSpaceBefore, "ab<|end|> ab<|end|>"), " ab<|end|>  ab<|end|>");
  EXPECT_EQ(Back(kSpaceBefore | kUnlessThere, "ab<|end|> ab"), " ab<|end|> ab");
  EXPECT_EQ(Back(kSpaceBefore | kUnlessThere | kOnlyFirst, "ab<|end|>ab"), " ab<|end|>ab");
  EXPECT_EQ(Back(kUnderscoresAreSpaces, "a\xE2\x96\x81\xE2\x96\x81 b"), "a   b");
  EXPECT_EQ(Back(kUnderscoresAreSpaces | kSpaceBefore | kUnlessThere,
                 "\xE2\x96\x81"
                 "b"),
            " b");
  EXPECT_EQ(Back(kNfc, "e\u0301<|end|>e\u0301"), "\u00E9<|end|>\u00E9");
  EXPECT_EQ(Back(kNfc | kSpaceBefore, ""), "");
}

TEST(Tokenizer, ARenamedTableHasOtherSpecialTokens) {
  auto base = *Tokenizer::FromTable(*BuildTable(ToySource({"ab"})));
  const auto renamed =
      *Tokenizer::Renamed(std::move(base), "other", {{300, "<two>"}, {300, "<one>"}, {301, "<three>"}});
  EXPECT_EQ(renamed->name(), "other");
  EXPECT_EQ(renamed->n_vocab(), 302u);
  EXPECT_EQ(renamed->EncodeWithAllSpecial("ab<two><one><three>"), (Ids{256, 300, 300, 301}));
  EXPECT_EQ(*renamed->Decode(Ids{300}), "<one>");
  auto again = *Tokenizer::FromTable(*BuildTable(ToySource({"ab"})));
  EXPECT_EQ(Tokenizer::Renamed(std::move(again), "other", {{7, "<seven>"}}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tokenfoundry::tokens
