#include <gtest/gtest.h>

#include "tests/cpp/tokens/toy_vocabulary.h"
#include "tokenfoundry/tokens/tokens.h"

namespace tokenfoundry::tokens {
namespace {

std::unique_ptr<const Tokenizer> Toy() {
  return *Tokenizer::FromTable(*BuildTable(ToySource({"lo", "hello", " w", "or"})));
}

TEST(Batch, EachTextHasTheIdsThatItHasAlone) {
  const auto tokenizer = Toy();
  std::vector<std::string> texts;
  for (size_t i = 0; i < 300; ++i)
    texts.push_back("hello world " + std::string(i * 7 % 3'000, static_cast<char>('a' + i % 26)));
  texts.emplace_back();
  texts.emplace_back(200'000, 'x');
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  for (const size_t threads : {0, 1, 2, 5}) {
    const FlatIds flat = tokenizer->EncodeBatch(views, threads);
    const std::vector<uint32_t> counts = tokenizer->CountBatch(views, threads);
    ASSERT_EQ(flat.offsets.size(), texts.size() + 1);
    EXPECT_EQ(flat.offsets.back(), flat.ids.size());
    for (size_t i = 0; i < texts.size(); ++i) {
      const Ids alone = tokenizer->Encode(texts[i]);
      const Ids in_batch(flat.ids.begin() + static_cast<ptrdiff_t>(flat.offsets[i]),
                         flat.ids.begin() + static_cast<ptrdiff_t>(flat.offsets[i + 1]));
      ASSERT_EQ(in_batch, alone) << i;
      ASSERT_EQ(counts[i], alone.size()) << i;
    }
  }
}

TEST(Batch, NoTextsHaveOneOffset) {
  EXPECT_EQ(Toy()->EncodeBatch({}, 3).offsets, std::vector<uint64_t>{0});
  EXPECT_TRUE(Toy()->CountBatch({}, 3).empty());
}

TEST(EncodeWithSpecial, TheFirstToComeOfTwoTheLonger) {
  VocabularySource source = ToySource({});
  source.special_tokens = {{300, "<a>"}, {301, "<a><b>"}, {302, "<b>"}};
  const auto tokenizer = *Tokenizer::FromTable(*BuildTable(source));
  const std::string_view all[] = {"<a>", "<a><b>", "<b>"};
  EXPECT_EQ(*tokenizer->EncodeWithSpecial("x<b><a><b><a>", all), (Ids{'x', 302, 301, 300}));
  EXPECT_EQ(*tokenizer->EncodeWithSpecial("<b>", {all, 1}), (Ids{'<', 'b', '>'}));
  EXPECT_EQ(*tokenizer->EncodeWithSpecial("", all), Ids());
  EXPECT_EQ(tokenizer->EncodeWithSpecial("x", std::vector<std::string_view>{"<c>"}).status().message(),
            "toy has no special token <c>");
}

}  // namespace
}  // namespace tokenfoundry::tokens
