#include "tokenfoundry/pii/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tokenfoundry::pii {
namespace {

const Detector& Reader() {
  static const std::unique_ptr<const Detector> detector = *Detector::Create(
      {.entities = std::vector<std::string>{"EMAIL_ADDRESS", "IBAN_CODE", "IT_VAT_CODE", "PHONE_NUMBER", "CREDIT_CARD"},
       .patterns = {{.name = "BADGE", .regex = "EMP-[0-9]+", .score = 0.3, .context = {"matricola"}}}});
  return *detector;
}

std::string RandomText(std::mt19937* random, size_t size) {
  constexpr std::string_view kPieces[] = {"mario.rossi@example.it",
                                          "IBAN IT60 X054 2811 1010 0000 0123 456",
                                          "P.IVA 00743110157",
                                          "00743110157",
                                          "tel. +39 333 1234567",
                                          "matricola EMP-12",
                                          "EMP-12",
                                          "4111 1111 1111 1111",
                                          "perché no?",
                                          "🍋",
                                          "\n",
                                          ", ",
                                          " ",
                                          "una riga di testo senza niente ",
                                          "nome;piva\nx;",
                                          "@",
                                          "luca [at] example [dot] it",
                                          "luca%40example.it",
                                          "an\xE2\x80\x8Bna@example.it",
                                          "\xE2\x80\x8B",
                                          "\xEF\xBC\xA9\xEF\xBC\xB4"
                                          "60X0542811101000000123456"};
  std::string text;
  while (text.size() < size) text += kPieces[(*random)() % std::size(kPieces)];
  return text;
}

using Spans = std::vector<std::tuple<size_t, size_t, size_t, size_t>>;

void Append(const StreamFindings& found, Spans* spans) {
  for (const Finding& f : found.findings) spans->emplace_back(f.entity, f.start, f.end, f.cue_start);
}

TEST(DetectorStream, FindsWhatTheWholeTextHoldsHoweverItIsCut) {
  std::mt19937 random(7);
  for (int round = 0; round < 6; ++round) {
    const std::string text = RandomText(&random, 400'000);
    Spans whole;
    const auto findings = Reader().Detect(text);
    for (const Finding& f : findings.value()) whole.emplace_back(f.entity, f.start, f.end, f.cue_start);

    DetectorStream stream(&Reader());
    Spans pieces;
    for (size_t at = 0; at < text.size();) {
      size_t end = std::min(text.size(), at + 1 + random() % (round % 2 == 0 ? 200 : 90'000));
      while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
      Append(*stream.Feed(std::string_view(text).substr(at, end - at)), &pieces);
      at = end;
    }
    Append(*stream.Close(), &pieces);
    ASSERT_EQ(pieces.size(), whole.size()) << round;
    for (size_t i = 0; i < whole.size(); ++i) {
      const auto [entity, start, end, cue] = whole[i];
      ASSERT_EQ(pieces[i], whole[i]) << text.substr(start > 200 ? start - 200 : 0, 300);
    }
  }
}

TEST(DetectorStream, KeepsTheHeaderOfATableInSight) {
  std::string text = "nome;piva;note\n";
  while (text.size() < 300'000) text += "x;00743110157;perché 🍋 no\n";
  const auto whole = Reader().Detect(text);
  DetectorStream stream(&Reader());
  Spans pieces;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.size(), at + 5'000);
    while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
    Append(*stream.Feed(std::string_view(text).substr(at, end - at)), &pieces);
    at = end;
  }
  Append(*stream.Close(), &pieces);
  ASSERT_EQ(pieces.size(), whole->size());
  EXPECT_EQ(pieces.size(), std::count(text.begin(), text.end(), '\n') - 1);
  for (size_t i = 0; i < pieces.size(); ++i) EXPECT_EQ(std::get<1>(pieces[i]), (*whole)[i].start);
}

TEST(DetectorStream, CountsCodePointsFromTheStartOfTheText) {
  const std::string text = "🍋 è mario@example.it";
  DetectorStream stream(&Reader());
  ASSERT_TRUE(stream.Feed(text).ok());
  const StreamFindings found = *stream.Close();
  ASSERT_EQ(found.places.size(), 1u);
  EXPECT_EQ(found.places[0].start, 4u);
  EXPECT_EQ(found.places[0].end, 20u);
}

TEST(DetectorStream, StartsAnewAfterItsClose) {
  DetectorStream stream(&Reader());
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(stream.Feed("scrivi a mario@exam").ok());
    ASSERT_TRUE(stream.Feed("ple.it").ok());
    const StreamFindings found = *stream.Close();
    ASSERT_EQ(found.findings.size(), 1u);
    EXPECT_EQ(found.findings[0].start, 9u);
  }
}

TEST(DetectorStream, RefusesWhatIsNotUtf8) {
  DetectorStream stream(&Reader());
  EXPECT_EQ(stream.Feed("\xC3").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tokenfoundry::pii
