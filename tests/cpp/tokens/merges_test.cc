#include <gtest/gtest.h>

#include <ctime>
#include <map>
#include <random>

#include "tokenfoundry/tokens/build.h"
#include "tokenfoundry/tokens/merge_internal.h"
#include "tokenfoundry/tokens/tokens.h"

namespace tokenfoundry::tokens {
namespace {

constexpr uint32_t kFirstId = 1'000;  // Of the byte 0: ids are not ranks here.

MergeList Bytes() {
  MergeList list;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    list.bytes[byte] = kFirstId + byte;
    list.tokens.push_back({kFirstId + byte, std::string(1, static_cast<char>(byte))});
  }
  return list;
}

uint32_t IdOf(const MergeList& list, const std::string& text) {
  for (const MergeList::Token& token : list.tokens) {
    if (token.text == text) return token.id;
  }
  return kNoToken;
}

// A merge of the rank that is next; its token gets the id that is next, unless it is there.
void Merge(MergeList* list, const std::string& left, const std::string& right) {
  if (IdOf(*list, left + right) == kNoToken) {
    list->tokens.push_back({static_cast<uint32_t>(kFirstId + list->tokens.size()), left + right});
  }
  list->merges.push_back({IdOf(*list, left), IdOf(*list, right), IdOf(*list, left + right)});
}

VocabularySource SourceWith(Pretokenizer pretokenizer, uint32_t rules) {
  VocabularySource source;
  source.name = "merges";
  source.pretokenizer = pretokenizer;
  source.text_rules = rules;
  return source;
}

std::unique_ptr<const Tokenizer> TokenizerOf(const MergeList& list, uint32_t rules = 0,
                                             Pretokenizer pretokenizer = Pretokenizer::kGpt2) {
  VocabularySource source = SourceWith(pretokenizer, rules);
  const absl::Status status = ReadMerges(list, &source);
  EXPECT_TRUE(status.ok()) << status;
  return *Tokenizer::FromTable(*BuildTable(source));
}

// The definition: of all listed pairs that stand side by side, the one listed first, the leftmost of equals.
Ids ByDefinition(const MergeList& list, const std::string& piece) {
  std::map<std::pair<uint32_t, uint32_t>, std::pair<size_t, uint32_t>> ranks;
  for (size_t rank = 0; rank < list.merges.size(); ++rank) {
    ranks[{list.merges[rank].left, list.merges[rank].right}] = {rank, list.merges[rank].merged};
  }
  Ids ids;
  for (const char byte : piece) ids.push_back(kFirstId + static_cast<uint8_t>(byte));
  while (true) {
    size_t lowest = SIZE_MAX, at = 0;
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      const auto found = ranks.find({ids[i], ids[i + 1]});
      if (found != ranks.end() && found->second.first < lowest) lowest = found->second.first, at = i;
    }
    if (lowest == SIZE_MAX) return ids;
    ids[at] = list.merges[lowest].merged;
    ids.erase(ids.begin() + static_cast<ptrdiff_t>(at) + 1);
  }
}

TEST(ReadMerges, TheOrderOfTheMergesDecidesNotTheIds) {
  MergeList list = Bytes();
  Merge(&list, "b", "c");
  Merge(&list, "a", "b");
  std::swap(list.tokens[256].id, list.tokens[257].id);  // Now "ab" has the lower id.
  std::swap(list.merges[0].merged, list.merges[1].merged);
  EXPECT_EQ(TokenizerOf(list)->Encode("abc"), (Ids{kFirstId + 'a', IdOf(list, "bc")}));
  EXPECT_EQ(*TokenizerOf(list)->Decode(Ids{kFirstId + 'a', IdOf(list, "bc")}), "abc");
}

// Lists at random: tokens that several pairs spell, tokens that merging never comes to, ranks without any order.
TEST(ReadMerges, AnyListMergesAsItSays) {
  std::mt19937 random(5);
  for (int round = 0; round < 60; ++round) {
    MergeList list = Bytes();
    std::vector<std::string> texts = {"a", "b", "c"};
    for (int i = 0; i < 30; ++i) {
      const std::string text = texts[random() % texts.size()] + texts[random() % texts.size()];
      if (text.size() > 6) continue;
      for (size_t cut = 1; cut < text.size(); ++cut) {
        const std::string left = text.substr(0, cut), right = text.substr(cut);
        const bool may = IdOf(list, left) != kNoToken && IdOf(list, right) != kNoToken && random() % 2 == 0;
        const bool is_there = std::any_of(list.merges.begin(), list.merges.end(), [&](const MergeList::Merge& merge) {
          return merge.left == IdOf(list, left) && merge.right == IdOf(list, right);
        });
        if (may && !is_there) Merge(&list, left, right);
      }
      if (IdOf(list, text) != kNoToken) texts.push_back(text);
    }
    std::shuffle(list.merges.begin(), list.merges.end(), random);
    const auto tokenizer = TokenizerOf(list);
    for (const size_t size : {2, 3, 5, 9, 20, 63, 64, 65, 200}) {
      std::string piece;
      while (piece.size() < size) piece += static_cast<char>('a' + random() % 3);
      ASSERT_EQ(tokenizer->Encode(piece), ByDefinition(list, piece)) << piece;
    }
  }
}

TEST(ReadMerges, LongTokensAreReadInTheTimeOfTheirBytes) {
  MergeList list = Bytes();
  Merge(&list, "a", "b");
  for (uint32_t i = 0; i < 40; ++i) list.tokens.push_back({5'000 + i, std::string(60'000 + i, "ab"[i % 2])});
  VocabularySource source = SourceWith(Pretokenizer::kGpt2, 0);
  const std::clock_t started = std::clock();
  ASSERT_TRUE(ReadMerges(list, &source).ok());
  EXPECT_LT(std::clock() - started, 5 * CLOCKS_PER_SEC);  // Really 0.1 s; what is quadratic takes a minute.
  EXPECT_EQ(source.special_tokens.size(), 40u);
}

TEST(ReadMerges, AMergeIntoMoreBytesThanATableHoldsIsRefused) {
  MergeList list = Bytes();
  list.tokens.push_back({5'000, std::string(65'535, 'a')});
  VocabularySource source = SourceWith(Pretokenizer::kGpt2, 0);
  EXPECT_TRUE(ReadMerges(list, &source).ok());
  Merge(&list, std::string(65'535, 'a'), "b");
  EXPECT_EQ(ReadMerges(list, &source).message(), "merge 0 makes a token of more than 65535 bytes");
}

TEST(ReadMerges, AWholePieceIsItsTokenOnlyWhereTheListSaysSo) {
  MergeList list = Bytes();
  Merge(&list, "b", "c");
  list.tokens.push_back({5'000, "abc"});  // No merge comes to it.
  EXPECT_EQ(TokenizerOf(list)->Encode("abc"), (Ids{kFirstId + 'a', IdOf(list, "bc")}));
  EXPECT_EQ(*TokenizerOf(list)->Decode(Ids{5'000}), "abc");
  list.takes_whole_pieces = true;
  EXPECT_EQ(TokenizerOf(list)->Encode("abc"), (Ids{5'000}));
  EXPECT_EQ(TokenizerOf(list)->Encode("abca"), (Ids{kFirstId + 'a', IdOf(list, "bc"), kFirstId + 'a'}));
}

TEST(ReadMerges, FromCharactersOnlyThoseWithoutATokenAreBytes) {
  MergeList list = Bytes();
  list.tokens.push_back({2'000, "\xC3\xA9"});
  list.tokens.push_back({2'001, "\xF0\x9F\x98\x80"});
  Merge(&list, "a", "\xC3\xA9");
  const auto tokenizer = TokenizerOf(list, kFromCharacters, Pretokenizer::kWhole);
  EXPECT_EQ(tokenizer->Encode("a\xC3\xA9\xF0\x9F\x98\x80\xC3\xA8"),
            (Ids{IdOf(list, "a\xC3\xA9"), 2'001, kFirstId + 0xC3, kFirstId + 0xA8}));
  // The same where it is longer than a window, wherever that cuts a character.
  for (size_t before = 0; before < 8; ++before) {
    std::string text(before, 'x');
    Ids expected(before, kFirstId + 'x');
    for (int i = 0; i < 900; ++i) {
      text += i % 3 == 0 ? "\xC3\xA8" : i % 3 == 1 ? "\xF0\x9F\x98\x80" : "a\xC3\xA9";
      if (i % 3 == 0) expected.insert(expected.end(), {kFirstId + 0xC3, kFirstId + 0xA8});
      if (i % 3 == 1) expected.push_back(2'001);
      if (i % 3 == 2) expected.push_back(IdOf(list, "a\xC3\xA9"));
    }
    EXPECT_EQ(tokenizer->Encode(text), expected);
  }
}

TEST(ReadMerges, TextIsCutAtSpacesOnlyWhereNoTokenGoesOnBehindOne) {
  MergeList list = Bytes();
  Merge(&list, " ", "a");
  VocabularySource words = SourceWith(Pretokenizer::kWhole, kFromCharacters);
  ASSERT_TRUE(ReadMerges(list, &words).ok());
  EXPECT_EQ(words.pretokenizer, Pretokenizer::kSpaces);
  Merge(&list, "b", " a");
  VocabularySource phrases = SourceWith(Pretokenizer::kWhole, kFromCharacters);
  ASSERT_TRUE(ReadMerges(list, &phrases).ok());
  EXPECT_EQ(phrases.pretokenizer, Pretokenizer::kWhole);
  EXPECT_EQ(TokenizerOf(list, kFromCharacters, Pretokenizer::kWhole)->Encode("b a"), (Ids{IdOf(list, "b a")}));
}

TEST(ReadMerges, RefusesAListThatDoesNotFitTogether) {
  const auto refuses = [](auto change) {
    MergeList list = Bytes();
    Merge(&list, "a", "b");
    change(&list);
    VocabularySource source = SourceWith(Pretokenizer::kGpt2, 0);
    return ReadMerges(list, &source).code() == absl::StatusCode::kInvalidArgument;
  };
  EXPECT_FALSE(refuses([](MergeList*) {}));
  EXPECT_FALSE(refuses([](MergeList* list) { list->bytes[0xC0] = kNoToken; }));  // In no UTF-8.
  EXPECT_TRUE(refuses([](MergeList* list) { list->bytes['q'] = kNoToken; }));
  EXPECT_TRUE(refuses([](MergeList* list) { list->bytes['q'] = kFirstId + 'r'; }));
  EXPECT_TRUE(refuses([](MergeList* list) { list->merges.push_back(list->merges[0]); }));
  EXPECT_TRUE(refuses([](MergeList* list) { list->merges[0].merged = kFirstId + 'a'; }));
  EXPECT_TRUE(refuses([](MergeList* list) { list->merges[0].left = 99'999; }));
  EXPECT_TRUE(refuses([](MergeList* list) { list->tokens.push_back({kFirstId, "zz"}); }));
  EXPECT_TRUE(refuses([](MergeList* list) { list->tokens.push_back({9'000, ""}); }));
}

}  // namespace
}  // namespace tokenfoundry::tokens
