#include <gtest/gtest.h>

#include "tests/cpp/tokens/toy_vocabulary.h"
#include "tokenfoundry/tokens/vocabulary_internal.h"

namespace tokenfoundry::tokens {
namespace {

std::vector<std::string> ToyTokens() {
  return {"ab", "abab", "twelve bytes", "thirteen byte", "fourteen bytes", std::string(128, 'z')};
}

std::string ToyTable() { return *BuildTable(ToySource(ToyTokens())); }

// Makes the digest fit whatever has been done to the table, so that what lies behind the digest is tested.
void Sign(std::string* table) {
  const Digest digest = Sha256Of(std::string_view(*table).substr(kDigestedFrom));
  std::memcpy(table->data() + offsetof(TableHeader, content_sha256), digest.data(), digest.size());
}

TableHeader& HeaderOf(std::string* table) { return *reinterpret_cast<TableHeader*>(table->data()); }

absl::Status CheckSigned(std::string table) {
  Sign(&table);
  return Vocabulary::Check(table).status();
}

TEST(Vocabulary, FindsEachTokenByItsBytesAndBack) {
  const std::string table = ToyTable();
  const Vocabulary vocabulary = *Vocabulary::Check(table);
  const std::vector<std::string> tokens = ToySource(ToyTokens()).tokens;
  for (uint32_t id = 0; id < tokens.size(); ++id) {
    EXPECT_EQ(vocabulary.Find(tokens[id]), id);
    EXPECT_EQ(vocabulary.Bytes(id), tokens[id]);
  }
  EXPECT_EQ(vocabulary.name(), "toy");
  EXPECT_EQ(vocabulary.max_token_bytes(), 128u);
}

TEST(Vocabulary, FindsNoOtherBytes) {
  const std::string table = ToyTable();
  const Vocabulary vocabulary = *Vocabulary::Check(table);
  for (const std::string& bytes : {std::string("ba"), std::string("aba"), std::string("ab\0", 3),
                                   std::string("\0\0", 2), std::string("twelve bytez"), std::string("fourteen bytez"),
                                   std::string(127, 'z'), std::string(129, 'z'), std::string("<|end|>")}) {
    EXPECT_EQ(vocabulary.Find(bytes), kNoToken) << bytes;
  }
}

TEST(Vocabulary, ASpecialTokenHasATextAndNoOrdinaryTokenItsId) {
  const std::string table = ToyTable();
  const Vocabulary vocabulary = *Vocabulary::Check(table);
  const std::vector<SpecialToken> special = vocabulary.Specials();
  ASSERT_EQ(special.size(), 1u);
  EXPECT_EQ(special[0].id, vocabulary.token_count() + 3);
  EXPECT_EQ(special[0].text, "<|end|>");
  EXPECT_EQ(vocabulary.TokenOfId(special[0].id), kNoToken);
}

TEST(Vocabulary, IdsOfItsOwnLeadToTheTokensAndBack) {
  VocabularySource source = ToySource({"ab"});
  for (uint32_t token = 0; token < source.tokens.size(); ++token) source.ids.push_back(1'000 - token);
  source.special_tokens[0].id = 3;
  const std::string table = *BuildTable(source);
  const Vocabulary vocabulary = *Vocabulary::Check(table);
  for (uint32_t token = 0; token < source.tokens.size(); ++token) {
    EXPECT_EQ(vocabulary.IdOf(token), 1'000 - token);
    EXPECT_EQ(vocabulary.TokenOfId(1'000 - token), token);
  }
  EXPECT_EQ(vocabulary.TokenOfId(3), kNoToken);
  EXPECT_EQ(vocabulary.id_end(), 1'001u);
}

TEST(Vocabulary, ATableCutAnywhereIsDataLoss) {
  const std::string table = ToyTable();
  for (size_t size = 0; size < table.size(); size += size < 256 ? 1 : 4'099) {
    const std::string cut = table.substr(0, size);
    EXPECT_EQ(Vocabulary::Check(cut).status().code(), absl::StatusCode::kDataLoss) << size;
  }
  const std::string longer = table + '\0';
  EXPECT_EQ(Vocabulary::Check(longer).status().code(), absl::StatusCode::kDataLoss);
}

TEST(Vocabulary, ATableWithAnyBitFlippedIsDataLoss) {
  std::string table = ToyTable();
  for (size_t at = 0; at < table.size(); at += at < 256 ? 1 : 1'021) {
    table[at] = static_cast<char>(table[at] ^ 1 << at % 8);
    EXPECT_EQ(Vocabulary::Check(table).status().code(), absl::StatusCode::kDataLoss) << at;
    table[at] = static_cast<char>(table[at] ^ 1 << at % 8);
  }
  EXPECT_TRUE(Vocabulary::Check(table).ok());
}

TEST(Vocabulary, ANewerFormatIsNamed) {
  std::string table = ToyTable();
  HeaderOf(&table).version = 4;
  EXPECT_EQ(CheckSigned(table).message(), "the vocabulary table has format version 4, this build reads version 3");
}

// A table with a digest that fits and sections that do not must not lead a reader out of its bytes.
TEST(Vocabulary, ASignedTableThatPointsOutsideIsDataLoss) {
  const std::string whole = ToyTable();
  ASSERT_TRUE(CheckSigned(whole).ok());
  const TableLayout layout(*reinterpret_cast<const TableHeader*>(whole.data()));
  const auto put = [&](uint64_t at, auto value) {
    std::string table = whole;
    std::memcpy(table.data() + at, &value, sizeof(value));
    return CheckSigned(table).code();
  };
  constexpr auto kLoss = absl::StatusCode::kDataLoss;
  EXPECT_EQ(put(offsetof(TableHeader, pretokenizer), uint32_t{99}), kLoss);
  EXPECT_EQ(put(offsetof(TableHeader, token_count), uint32_t{1} << 31), kLoss);
  EXPECT_EQ(put(offsetof(TableHeader, max_token_bytes), uint32_t{0}), kLoss);
  EXPECT_EQ(put(offsetof(TableHeader, max_token_bytes), uint32_t{127}), kLoss);
  EXPECT_EQ(put(layout.byte_ids, uint32_t{262}), kLoss);
  EXPECT_EQ(put(layout.special_ids, uint32_t{1}), kLoss);
  EXPECT_EQ(put(layout.special_traits, uint32_t{1} << 30), kLoss);
  EXPECT_EQ(put(offsetof(TableHeader, text_rules), uint32_t{1} << 30), kLoss);
  EXPECT_EQ(put(offsetof(TableHeader, id_count), uint32_t{1}), kLoss);
  EXPECT_EQ(put(layout.text_offsets + 4, ~uint32_t{0}), kLoss);
  EXPECT_EQ(put(layout.text_offsets + 4, uint32_t{0}), kLoss);
  EXPECT_EQ(put(layout.long_slots, uint64_t{262} << kSlotIdShift), kLoss);
  EXPECT_EQ(put(layout.pair_slots, PairKey('a', 'b') << kIdBits | 262), kLoss);
  EXPECT_EQ(put(layout.pair_slots, PairKey('a', 'b') << kIdBits | 257), kLoss);  // Two bytes do not make four.
  EXPECT_EQ(put(offsetof(TableHeader, filter_words), uint32_t{3}), kLoss);
  EXPECT_EQ(put(layout.byte_pairs, uint32_t{262}), kLoss);
  EXPECT_EQ(put(layout.byte_pairs, uint32_t{'a'}), kLoss);
  EXPECT_EQ(put(layout.whole_characters + 0x80 * sizeof(WholeCharacter), uint32_t{262}), kLoss);
  EXPECT_EQ(put(layout.whole_characters + 0x80 * sizeof(WholeCharacter), uint32_t{'a'}), kLoss);
  EXPECT_EQ(put(layout.splits + 'a' * sizeof(Split), Split{'b', 'b'}), kLoss);
  EXPECT_EQ(put(layout.splits + 'a' * sizeof(Split), Split{262, 'b'}), kLoss);
}

}  // namespace
}  // namespace tokenfoundry::tokens
