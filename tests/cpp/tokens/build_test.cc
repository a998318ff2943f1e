#include "tokenfoundry/tokens/build.h"

#include <gtest/gtest.h>

#include "tests/cpp/tokens/toy_vocabulary.h"

namespace tokenfoundry::tokens {
namespace {

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
  EXPECT_TRUE(refuses([](VocabularySource* source) { source->special_tokens[0].id = 256; }));
  EXPECT_TRUE(refuses([](VocabularySource* source) { source->special_tokens[0].id = 1u << 20; }));
  EXPECT_TRUE(refuses([](VocabularySource* source) { source->ids = {1, 2}; }));  // Not one for each token.
  EXPECT_TRUE(refuses([](VocabularySource* source) { source->ids.assign(source->tokens.size(), 5); }));  // One for two.
  EXPECT_FALSE(refuses([](VocabularySource*) {}));
}

}  // namespace
}  // namespace tokenfoundry::tokens
