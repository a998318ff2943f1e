#include <gtest/gtest.h>

#include "tokenfoundry/tokens/build.h"

namespace tokenfoundry::tokens {
namespace {

absl::Status Read(std::string_view file, std::vector<SpecialToken> special, VocabularySource* source) {
  source->special_tokens = std::move(special);
  return ReadRanks(file, false, source);
}

TEST(ReadRanks, ReadsTheTokensInTheOrderOfTheirRanks) {
  VocabularySource source;
  ASSERT_TRUE(Read("IQ== 0\nIg== 1\nYWI= 2\n", {{3, "<|end|>"}}, &source).ok());
  EXPECT_EQ(source.tokens, (std::vector<std::string>{"!", "\"", "ab"}));
  EXPECT_TRUE(source.ids.empty());
}

TEST(ReadRanks, LeavesOutOnlyTheIdsOfSpecialTokens) {
  VocabularySource source, other;
  ASSERT_TRUE(Read("IQ== 0\nIg== 2\n", {{1, "<|begin|>"}, {3, "<|end|>"}}, &source).ok());
  EXPECT_EQ(source.ids, (std::vector<uint32_t>{0, 2}));
  EXPECT_FALSE(Read("IQ== 0\nIg== 3\n", {{1, "<|begin|>"}, {4, "<|end|>"}}, &other).ok());
}

TEST(ReadRanks, NamesTheLineThatIsNone) {
  for (const char* const file :
       {"IQ== 0\nIg==\n", "IQ== 0\nIg== 2\n", "IQ== 0\n*** 1\n", "IQ== 0\n\n", "IQ== 0\nIg== x\n"}) {
    VocabularySource source;
    const absl::Status status = Read(file, {}, &source);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << file;
    EXPECT_TRUE(StdView(status.message()).starts_with("line 2 ")) << status;
  }
}

TEST(ReadRanks, AFileThatIsCutIsRefusedWhereverItIsCut) {
  const std::string whole = "IQ== 0\nIg== 1\nYWI= 2\nYWJj 3\n";
  VocabularySource found;
  EXPECT_TRUE(Read(whole, {{4, "<|end|>"}}, &found).ok());
  for (size_t size = 0; size < whole.size(); ++size) {
    VocabularySource source;
    EXPECT_FALSE(Read(whole.substr(0, size), {{4, "<|end|>"}}, &source).ok()) << size;
  }
}

TEST(ReadRanks, AFileThatIsKnownToBeWholeMayEndAnywhere) {
  VocabularySource source;
  EXPECT_TRUE(ReadRanks("IQ== 0\nIg== 1\n", true, &source).ok());
}

}  // namespace
}  // namespace tokenfoundry::tokens
