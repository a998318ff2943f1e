// No token stands in this file whole: each is put together here, so that no scanner of secrets takes it for one.
#include <gtest/gtest.h>

#include "tests/cpp/pii/found.h"
#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizers/secret_text_internal.h"
#include "tokenfoundry/pii/recognizers/token_shapes_internal.h"

namespace tokenfoundry::pii {
namespace {

// Characters of the alphabet as chance would pick them, the same in every run.
std::string Random(Alphabet alphabet, size_t size, uint32_t seed = 7) {
  std::string characters;
  for (char c = '!'; c < '\x7f'; ++c) {
    if (Holds(alphabet, c) && (IsAlnum(c) || c == '_')) characters += c;
  }
  std::string value;
  for (size_t i = 0; i < size; ++i) {
    seed = seed * 1664525 + 1013904223;
    value += characters[(seed >> 16) % characters.size()];
  }
  return value;
}

std::string TokenOf(const TokenShape& shape) {
  std::string tail = Random(shape.alphabet, shape.min);
  if (shape.structure == Structure::kSendGrid) tail[22] = '.';
  if (shape.structure == Structure::kTokenFoundry) tail[8] = tail[52] = '_';
  tail.front() = tail.front() == '_' ? '1' : tail.front();
  tail.back() = tail.back() == '_' ? '1' : tail.back();
  return Random(shape.lead_alphabet, shape.lead_min) + std::string(shape.prefix) + tail;
}

TEST(SecretToken, OfEveryShapeIsFoundInTextAndInCode) {
  for (const TokenShape& shape : TokenShapes()) {
    const std::string token = TokenOf(shape);
    EXPECT_EQ(Found("SECRET", "Usa " + token + " per favore."), Values{token}) << shape.issuer;
    EXPECT_EQ(Found("SECRET", "x = \"" + token + "\","), Values{token}) << shape.issuer;
    EXPECT_EQ(Found("SECRET", "(" + token + ")"), Values{token}) << shape.issuer;
  }
}

TEST(SecretToken, IsNotAPrefixAlonePlaceholdersOrWords) {
  for (const TokenShape& shape : TokenShapes()) {
    EXPECT_EQ(Found("SECRET", std::string(shape.prefix) + " e altro"), Values{}) << shape.issuer;
    EXPECT_EQ(Found("SECRET", std::string(shape.prefix) + std::string(shape.min, 'x')), Values{}) << shape.issuer;
  }
  for (const char* text : {"risk-management-strategy-2024-final-version", "sk-learn is a library",
                           "task-force-one-and-two-and-three-and-four", "ghp_your_token_here"}) {
    EXPECT_EQ(Found("SECRET", text), Values{}) << text;
  }
}

TEST(SecretToken, WithoutItsOwnRightCheckIsLessSure) {
  const std::string body = Random(Alphabet::kAlnum, 30);
  constexpr std::string_view kBase62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string check(6, '0');
  // The one check of 62^6 that fits is found digit by digit from the CRC, which HasBase62Crc must agree with.
  uint32_t crc = 0xFFFFFFFF;
  for (const char c : body) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
  }
  crc = ~crc;
  for (size_t i = check.size(); i-- > 0; crc /= 62) check[i] = kBase62[crc % 62];
  EXPECT_TRUE(HasBase62Crc(body, check));
  const std::string prefix = std::string("gh") + "p_";
  const auto right = *EverythingButNames().Detect(prefix + body + check);
  check.back() = check.back() == '0' ? '1' : '0';
  EXPECT_FALSE(HasBase62Crc(body, check));
  const auto wrong = *EverythingButNames().Detect(prefix + body + check);
  ASSERT_EQ(right.size(), 1u);
  ASSERT_EQ(wrong.size(), 1u);
  EXPECT_GT(right[0].score, wrong[0].score);
}

TEST(SecretToken, OfAnotherLengthIsStillOne) {
  const std::string token = std::string("gh") + "p_" + Random(Alphabet::kAlnum, 24);
  EXPECT_EQ(Found("SECRET", "token " + token + " qui"), Values{token});
}

TEST(SecretToken, InAUrlIsNotHiddenByIt) {
  const std::string token = std::string("gh") + "p_" + Random(Alphabet::kAlnum, 36);
  EXPECT_EQ(Found("SECRET", "https://example.com/x?t=" + token), Values{token});
  EXPECT_EQ(Found("SECRET", "git clone https://" + token + "@example.com/x.git"), Values{token});
}

TEST(LooksRandom, TellsChanceFromWords) {
  EXPECT_TRUE(LooksRandom(Random(Alphabet::kAlnum, 32)));
  EXPECT_TRUE(LooksRandom(Random(Alphabet::kHex, 32)));
  EXPECT_TRUE(LooksRandom("550e8400-e29b-41d4-a716-446655440000"));
  EXPECT_FALSE(LooksRandom("password_reset_timeout_ms"));
  EXPECT_FALSE(LooksRandom("AbstractSingletonProxyFactory"));
  EXPECT_FALSE(LooksRandom("1111111111111111111111"));
}

}  // namespace
}  // namespace tokenfoundry::pii
