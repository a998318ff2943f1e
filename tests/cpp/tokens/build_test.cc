#include <gtest/gtest.h>

#include "tests/cpp/tokens/toy_vocabulary.h"
#include "tokenfoundry/tokens/build_internal.h"

namespace tokenfoundry::tokens {
namespace {

TEST(ParseRanks, ReadsTheTokensInTheOrderOfTheirRanks) {
  EXPECT_EQ(*ParseRanks("IQ== 0\nIg== 1\nYWI= 2\n"), (std::vector<std::string>{"!", "\"", "ab"}));
  EXPECT_EQ(ParseRanks("IQ== 0\nIg== 1")->size(), 2u);  // The last newline may be missing.
}

TEST(ParseRanks, NamesTheLineThatIsNone) {
  for (const char* const file :
       {"IQ== 0\nIg==", "IQ== 0\nIg== 2\n", "IQ== 0\n*** 1\n", "IQ== 0\n\n", "IQ== 0\nIg== x\n"}) {
    const absl::Status status = ParseRanks(file).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << file;
    EXPECT_TRUE(StdView(status.message()).starts_with("line 2 ")) << status;
  }
}

TEST(BuildTable, TheSameSourceGivesTheSameBytes) {
  EXPECT_EQ(*BuildTable(ToySource({"ab", "bc", "abc"})), *BuildTable(ToySource({"ab", "bc", "abc"})));
}

TEST(BuildTable, RefusesASourceThatBreaksTheFormat) {
  const auto refuses = [](auto change) {
    VocabularySource source = ToySource({"ab"});
    change(&source);
    return BuildTable(source).status().code() == absl::StatusCode::kInvalidArgument;
  };
  EXPECT_TRUE(refuses([](VocabularySource* source) { source->name.clear(); }));
  EXPECT_TRUE(refuses([](VocabularySource* source) { source->name.assign(33, 'n'); }));
  EXPECT_TRUE(refuses([](VocabularySource* source) { source->tokens[7] = "xyz"; }));       // A byte without a token.
  EXPECT_TRUE(refuses([](VocabularySource* source) { source->tokens.push_back("ab"); }));  // A token twice.
  EXPECT_TRUE(refuses([](VocabularySource* source) { source->tokens.push_back(""); }));
  EXPECT_TRUE(refuses([](VocabularySource* source) { source->tokens.emplace_back(65'536, 'a'); }));
  EXPECT_TRUE(refuses([](VocabularySource* source) { source->special_tokens[0].first = 256; }));
  EXPECT_TRUE(refuses([](VocabularySource* source) { source->special_tokens[0].first = 1u << 20; }));
  EXPECT_FALSE(refuses([](VocabularySource*) {}));
}

}  // namespace
}  // namespace tokenfoundry::tokens
