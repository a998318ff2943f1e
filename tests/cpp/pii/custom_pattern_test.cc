#include <gtest/gtest.h>

#include "tokenfoundry/pii/detector.h"

namespace tokenfoundry::pii {
namespace {

using Patterns = std::vector<CustomPattern>;

absl::StatusOr<std::unique_ptr<const Detector>> With(Patterns patterns, std::vector<std::string> entities = {}) {
  return Detector::Create({.entities = std::move(entities), .patterns = std::move(patterns), .cache_dir = ""});
}

std::vector<std::string> FindIn(const Detector& detector, std::string_view text) {
  std::vector<std::string> found;
  const auto findings = detector.Detect(text);
  for (const Finding& f : *findings) {
    found.push_back(detector.entities()[f.entity] + "=" + std::string(text.substr(f.start, f.end - f.start)));
  }
  return found;
}

TEST(CustomPattern, IsFoundFromItsLeftmostStartToItsLongestEnd) {
  const auto detector = *With({{"BADGE", R"(EMP-\d+)"}, {"PLATE", R"([A-Z]{2}\d{3}[A-Z]{2})"}});
  EXPECT_EQ(FindIn(*detector, "il badge EMP-12345 e la targa AB123CD, EMP-7"),
            (std::vector<std::string>{"BADGE=EMP-12345", "PLATE=AB123CD", "BADGE=EMP-7"}));
}

TEST(CustomPattern, MatchesWholeCodePoints) {
  const auto detector = *With({{"TAG", "è.à"}});
  EXPECT_EQ(FindIn(*detector, "xè🍋à"), std::vector<std::string>{"TAG=è🍋à"});
}

TEST(CustomPattern, LosesToAValidatedEntityAndAddsToOneOfTheSameName) {
  const auto detector = *With({{"IBAN_CODE", R"(conto \d+)"}, {"WORDS", R"(IBAN [A-Z0-9]+)"}}, {"IBAN_CODE"});
  EXPECT_EQ(detector->entities(), (std::vector<std::string>{"IBAN_CODE", "WORDS"}));
  EXPECT_EQ(
      FindIn(*detector, "IBAN IT60X0542811101000000123456, conto 1234, IBAN X"),
      (std::vector<std::string>{"IBAN_CODE=IT60X0542811101000000123456", "IBAN_CODE=conto 1234", "WORDS=IBAN X"}));
}

TEST(CustomPattern, JoinsMatchesThatOverlapSoThatNoneIsLeftBehind) {
  const auto detector = *With({{.name = "RUN", .regex = "[ab]{2,5}"}});
  EXPECT_EQ(FindIn(*detector, "xabababab ab"), (std::vector<std::string>{"RUN=abababab", "RUN=ab"}));
}

TEST(CustomPattern, CarriesItsScore) {
  const auto detector = *With({{"BADGE", R"(EMP-\d+)", 0.75}});
  EXPECT_EQ((*detector->Detect("EMP-1"))[0].score, 0.75);
}

TEST(CustomPattern, IsRefusedWithItsNameAndTheReason) {
  struct Bad {
    CustomPattern pattern;
    std::string_view says;
  };
  const Bad cases[] = {
      {{"BADGE", "EMP-(\\d+"}, "pattern BADGE does not compile: "},
      {{"BADGE", "(?=x)y"}, "pattern BADGE does not compile: "},
      {{"BADGE", "a*"}, "pattern BADGE can match the empty text"},
      {{"BADGE", "\\b"}, "pattern BADGE can match the empty text"},
      {{"BADGE", ""}, "pattern BADGE has an empty regex"},
      {{"BADGE", std::string("a\0b", 3)}, "pattern BADGE: the regex must be UTF-8 without NUL"},
      {{"badge", "x"}, "pattern name 'badge' must be like BADGE"},
      {{"", "x"}, "pattern name '' must be like BADGE"},
      {{"BADGE", "x", 1.5}, "score must be from 0 to 1"},
  };
  for (const Bad& bad : cases) {
    const absl::Status status = With({{"GOOD", "x+"}, bad.pattern}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad.pattern.regex;
    EXPECT_NE(std::string(status.message()).find(bad.says), std::string::npos) << status;
  }
}

TEST(CustomPattern, ThatIsTooLargeIsRefusedWithAWayOut) {
  const absl::Status status = With({{"LONG", R"([a-z]\w{1,400}x\w{200,900}[0-9])"}}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(status.message()).find("pattern LONG"), std::string::npos) << status;
  EXPECT_NE(std::string(status.message()).find("use + or *"), std::string::npos) << status;
}

TEST(Detector, RefusesAnUnknownEntityAndNamesTheKnown) {
  const absl::Status status = With({}, {"SHOE_SIZE"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(status.message()).find("unknown entity 'SHOE_SIZE'; known: ABA_ROUTING_NUMBER, AT_SVNR"),
            std::string::npos);
}

TEST(Detector, RefusesToLookForNothing) { EXPECT_EQ(With({}, {}).status().code(), absl::StatusCode::kInvalidArgument); }

}  // namespace
}  // namespace tokenfoundry::pii
