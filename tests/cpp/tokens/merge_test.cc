#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/cpp/tokens/toy_vocabulary.h"
#include "tokenfoundry/tokens/merge_internal.h"

namespace tokenfoundry::tokens {
namespace {

// The definition, by bytes and without any table: the lowest id that two neighbours spell, the leftmost of equals.
std::vector<uint32_t> MergeByDefinition(const std::map<std::string, uint32_t>& ids, const std::string& piece) {
  std::vector<std::string> parts;
  for (const char byte : piece) parts.emplace_back(1, byte);
  while (true) {
    uint32_t lowest = kNoToken;
    size_t at = 0;
    for (size_t i = 0; i + 1 < parts.size(); ++i) {
      const auto found = ids.find(parts[i] + parts[i + 1]);
      if (found != ids.end() && found->second < lowest) lowest = found->second, at = i;
    }
    if (lowest == kNoToken) break;
    parts[at] += parts[at + 1];
    parts.erase(parts.begin() + static_cast<ptrdiff_t>(at) + 1);
  }
  std::vector<uint32_t> result;
  for (const std::string& part : parts) result.push_back(ids.at(part));
  return result;
}

struct Toy {
  explicit Toy(const std::vector<std::string>& tokens) {
    const VocabularySource source = ToySource(tokens);
    table = *BuildTable(source);
    for (uint32_t id = 0; id < source.tokens.size(); ++id) ids[source.tokens[id]] = id;
  }

  std::vector<uint32_t> Merge(const std::string& piece) const {
    const Vocabulary vocabulary = *Vocabulary::Check(table);
    Merger merger(vocabulary);
    const std::span<const uint32_t> merged = merger.Merge(piece);
    return {merged.begin(), merged.end()};
  }

  std::string table;
  std::map<std::string, uint32_t> ids;
};

std::string RandomWord(std::mt19937* random, size_t size, int letters) {
  std::string word;
  for (size_t i = 0; i < size; ++i) word += static_cast<char>('a' + (*random)() % static_cast<uint32_t>(letters));
  return word;
}

TEST(Merge, LowestIdFirstThenLeftmost) {
  const Toy toy({"bc", "ab", "aa"});  // 256, 257, 258
  EXPECT_EQ(toy.Merge("abc"), (std::vector<uint32_t>{'a', 256}));
  EXPECT_EQ(toy.Merge("aaa"), (std::vector<uint32_t>{258, 'a'}));
}

TEST(Merge, ATokenThatMergingDoesNotReachIsNotMade) {
  const Toy toy({"bc", "ab", "abc", "abd"});  // abc = ab + c never happens: bc is merged first.
  EXPECT_EQ(toy.Merge("xabcx"), (std::vector<uint32_t>{'x', 258, 'x'}));  // It is reached as a + bc.
  const Toy unreachable({"ab", "cd", "bcd"});
  EXPECT_EQ(unreachable.Merge("abcd"), (std::vector<uint32_t>{256, 257}));
}

// Tokens at random, so most can be split in several ways, many have a lower id than their parts, some are never
// reached.
TEST(Merge, OnePairATokenMergesAsAllPairsDo) {
  std::mt19937 random(7);
  for (int round = 0; round < 60; ++round) {
    std::vector<std::string> tokens;
    std::map<std::string, int> seen;
    for (int i = 0; i < 60; ++i) {
      const std::string token = RandomWord(&random, 2 + random() % 5, 3);
      if (seen[token]++ == 0) tokens.push_back(token);
    }
    const Toy toy(tokens);
    for (const size_t size : {2, 3, 5, 9, 20, 60, 96, 97, 150, 300}) {
      const std::string piece = RandomWord(&random, size, 3);
      ASSERT_EQ(toy.Merge(piece), MergeByDefinition(toy.ids, piece)) << piece;
    }
  }
}

// As a trained vocabulary grows: each token joins two of before, so each id is above those of its parts.
std::vector<std::string> Grown(std::mt19937* random, const std::vector<std::string>& alphabet, size_t count) {
  std::vector<std::string> all = alphabet, tokens;
  std::map<std::string, int> seen;
  while (tokens.size() < count) {
    const std::string token = all[(*random)() % all.size()] + all[(*random)() % all.size()];
    if (token.size() > 12 || seen[token]++ > 0) continue;
    tokens.push_back(token);
    all.push_back(token);
  }
  return tokens;
}

TEST(Merge, WindowsGiveWhatTheWholeGives) {
  std::mt19937 random(11);
  for (int round = 0; round < 40; ++round) {
    const std::vector<std::string> letters = {"a", "b", "c"};
    const Toy toy(Grown(&random, letters, 40));
    const Vocabulary vocabulary = *Vocabulary::Check(toy.table);
    Merger by_windows(vocabulary), whole(vocabulary);
    for (const size_t size : {65, 66, 100, 128, 129, 1'000, 5'000}) {
      const std::string piece = RandomWord(&random, size, 1 + static_cast<int>(random() % 3));
      const std::span<const uint32_t> expected = whole.MergeWhole(piece), found = by_windows.Merge(piece);
      ASSERT_TRUE(std::equal(found.begin(), found.end(), expected.begin(), expected.end())) << piece;
    }
  }
}

TEST(Merge, RunsOfLongTokensGiveWhatTheWholeGives) {
  std::vector<std::string> tokens;
  for (const char letter : {'=', '-'}) {
    for (const size_t size : {2, 4, 8, 16, 32, 64, 3, 12, 80}) tokens.emplace_back(size, letter);
  }
  tokens.push_back("=-");
  const Toy toy(tokens);
  const Vocabulary vocabulary = *Vocabulary::Check(toy.table);
  Merger merger(vocabulary), whole(vocabulary);
  std::mt19937 random(13);
  for (int round = 0; round < 60; ++round) {
    std::string piece;
    while (piece.size() < 6'000)
      piece += std::string(1 + random() % (round < 30 ? 300 : 5'000), random() % 2 ? '=' : '-');
    const std::span<const uint32_t> expected = whole.MergeWhole(piece), found = merger.Merge(piece);
    ASSERT_TRUE(std::equal(found.begin(), found.end(), expected.begin(), expected.end())) << round;
  }
}

// Longer tokens than windows, and such as a cut window shows where there are none: "-" before a run takes all of it.
TEST(Merge, AWindowThatMisleadsIsTakenOnceMoreWider) {
  std::vector<std::string> tokens;
  for (const size_t size : {2, 4, 8, 16, 32, 3, 64, 7, 256, 512}) tokens.emplace_back(size, '=');
  for (const size_t size : {1, 3, 7, 31, 34, 255}) tokens.push_back(std::string(1, '-').append(size, '='));
  const Toy toy(tokens);
  const Vocabulary vocabulary = *Vocabulary::Check(toy.table);
  Merger merger(vocabulary), whole(vocabulary);
  std::mt19937 random(17);
  for (int round = 0; round < 200; ++round) {
    std::string piece;
    while (piece.size() < 3'000) piece.append(1, '-').append(random() % (round < 100 ? 80 : 1'000), '=');
    const std::span<const uint32_t> expected = whole.MergeWhole(piece), found = merger.Merge(piece);
    ASSERT_TRUE(std::equal(found.begin(), found.end(), expected.begin(), expected.end())) << piece;
  }
}

TEST(Merge, StartingFromCharactersGivesWhatBytesGive) {
  std::mt19937 random(12);
  for (int round = 0; round < 100; ++round) {
    // Bytes of three characters that share some, so that tokens join the end of one and the beginning of the next.
    const std::vector<std::string> bytes = {"\xE4", "\xB8", "\xAD", "\xE6", "\x96"};
    const Toy toy(Grown(&random, bytes, 60));
    const Vocabulary vocabulary = *Vocabulary::Check(toy.table);
    Merger whole(vocabulary);
    const char* const characters[] = {"\xE4\xB8\xAD", "\xE6\x96\xAD", "\xE4\x96\xB8", "\xE6\xB8\x96"};
    for (int i = 0; i < 200; ++i) {
      std::string piece;
      for (uint32_t n = 1 + random() % 9; n > 0; --n) piece += characters[random() % 4];
      const std::span<const uint32_t> expected = whole.MergeWhole(piece);
      for (const MergePiece merge : {MergePieceSse, BestMergePiece()}) {
        uint32_t ids[kSmallPieceBytes];
        const size_t count = merge(vocabulary, piece, ids);
        ASSERT_TRUE(std::equal(ids, ids + count, expected.begin(), expected.end())) << ::testing::PrintToString(piece);
      }
    }
  }
}

TEST(Merge, AMegabyteOfOneLetterIsMerged) {
  const Toy toy({"aa", "aaaa", "aaaaaaaa"});
  const std::vector<uint32_t> ids = toy.Merge(std::string(1'000'000, 'a'));
  EXPECT_EQ(ids, std::vector<uint32_t>(125'000, 258));
}

}  // namespace
}  // namespace tokenfoundry::tokens
