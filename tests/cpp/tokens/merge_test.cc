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

TEST(Merge, AMegabyteOfOneLetterIsMerged) {
  const Toy toy({"aa", "aaaa", "aaaaaaaa"});
  const std::vector<uint32_t> ids = toy.Merge(std::string(1'000'000, 'a'));
  EXPECT_EQ(ids, std::vector<uint32_t>(125'000, 258));
}

}  // namespace
}  // namespace tokenfoundry::tokens
