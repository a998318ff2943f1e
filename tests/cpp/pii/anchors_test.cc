// What bit algebra finds is what the regular expression beside it describes: the same ends, on text made to be near
// them.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>

#include "tokenfoundry/pii/catalogue_internal.h"
#include "tokenfoundry/pii/recognizers/street_words_internal.h"
#include "tokenfoundry/pii/scanner_internal.h"

namespace tokenfoundry::pii {
namespace {

std::vector<const Recognizer*> Sought() {
  std::vector<const Recognizer*> found;
  for (const EntitySpec& spec : Catalogue()) {
    for (const Recognizer* each = spec.recognizer; each != nullptr; each = each->next) {
      if (each->seek != nullptr && std::find(found.begin(), found.end(), each) == found.end()) found.push_back(each);
    }
  }
  return found;
}

// Scans with both and compares.
class Both {
 public:
  Both() : Both(false) {}

  void ExpectAlike(std::string_view text) {
    ASSERT_TRUE(by_expression_->Scan(text, expressions_.get()).ok());
    ASSERT_TRUE(by_maps_->Scan(text, maps_.get()).ok());
    for (size_t i = 0; i < names_.size(); ++i) {
      ASSERT_EQ(maps_->sightings.anchor_ends[i], expressions_->sightings.anchor_ends[i])
          << names_[i] << " in: " << text;
    }
  }

 private:
  explicit Both(bool) {
    std::vector<ScanPattern> patterns;
    for (const Recognizer* each : Sought()) {
      names_.push_back(each->anchor().substr(0, 60));
      patterns.push_back({"ANCHOR", each->anchor(), each->caseless, ScanPattern::Kind::kAnchor, each->seek});
    }
    by_maps_ = *Scanner::Create(patterns, "");
    for (ScanPattern& pattern : patterns) pattern.seek = nullptr;
    by_expression_ = *Scanner::Create(patterns, "");
    expressions_ = *by_expression_->NewWorkspace();
    maps_ = *by_maps_->NewWorkspace();
  }

  std::vector<std::string> names_;
  std::unique_ptr<const Scanner> by_expression_;
  std::unique_ptr<const Scanner> by_maps_;
  std::unique_ptr<Workspace> expressions_;
  std::unique_ptr<Workspace> maps_;
};

std::vector<std::string> Fragments() {
  std::vector<std::string> fragments = {
      "1",
      "22",
      "333",
      "4111",
      "55555",
      "2024",
      "0x",
      "0X1f2e3d",
      "abcDEF",
      "bc1q",
      "BC1Q",
      "ltc1q",
      "LTC1QW",
      "1BoatSLRHt",
      "3J98t1WpEZ",
      "D7Y55r6Yoc",
      "TXk2",
      "DEUTDEFF",
      "UNCRITMM500",
      "Unicredit",
      "RSSMRA85T10A562S",
      "RSS MRA 85T10 A562 S",
      "rssmra",
      "85t10",
      "LMNPQ",
      "a562s",
      "@",
      "::",
      ":",
      ":a:bcd:",
      "fe80::1",
      "00:1b:44:",
      "-",
      "00-1B-44-11",
      ".",
      "001b.4411.3ab7",
      ".3ab7",
      "www.",
      "WWW.",
      "example.com",
      ".it",
      ".xn--p1ai",
      ".xn--",
      ".tools",
      ".comx",
      "_",
      "__a",
      "c.da",
      "P.zza",
      "l.go",
      "v.LE",
      "all\xC3\xA9"
      "e",
      "ALL\xC3\x89"
      "ES",
      "travesi\xCC\x81"
      "a",
      "traves\xC3\xAD"
      "a",
      "callej\xC3\xB3n",
      "ca\xC3\xB1"
      "ada",
      "canada",
      "urbanizaci\xC3\x93N",
      "localit\xC3\xA0",
      "LOCALIT\xC3\x80",
      "localita",
      "An der",
      "an der",
      "Auf dem",
      "In den",
      "Unter den",
      "Stra\xC3\x9F"
      "e des",
      "Strasse der",
      "Platz der",
      "Allee des",
      "Am",
      "am",
      "Im",
      "ZUM",
      "Zur",
      "C",
      "c/",
      "C/",
      " ",
      "  ",
      ",",
      ", ",
      " ,",
      "/",
      "\n",
      "\xC3\xA8",
      "\xC2\xA0",
      "\xE2\x80\x99",
      "\xE4\xB8\xAD",
      "\xF0\x9F\x98\x80",
      "stra\xC3\x9F"
      "e",
      "STRA\xC3\x9E"
      "E",
      "Hauptstr.",
      "weg",
      "Ring",
      "hof 5",
      "berg,7",
      "Markt, 9",
      "platz5",
      "x",
      "Z",
  };
  for (const StreetAnchorWord& word : StreetAnchorWords()) {
    std::string upper(word.folded);
    std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
    fragments.emplace_back(word.folded);
    fragments.push_back(upper);
    fragments.push_back(upper.substr(0, 1) + std::string(word.folded.substr(1)));
    fragments.push_back(std::string(word.folded.substr(0, 1)) + upper.substr(1));
  }
  for (const std::string_view ending : GermanAnchorEndings()) fragments.emplace_back(ending);
  return fragments;
}

TEST(Anchors, AreFoundWithoutHyperscanWhereItFindsThem) {
  Both both;
  const std::vector<std::string> fragments = Fragments();
  std::mt19937 draw(20);
  for (int round = 0; round < 60'000; ++round) {
    std::string text;
    const size_t count = draw() % 24;
    for (size_t i = 0; i < count; ++i) {
      // The first hundred are not words of streets: half of what is drawn.
      const size_t most = draw() % 2 == 0 ? 100 : fragments.size();
      text += fragments[draw() % most];
      if (draw() % 3 == 0) text += ' ';
    }
    both.ExpectAlike(text);
  }
}

TEST(Anchors, AreTheSameInAnyBytesOfTheirAlphabets) {
  Both both;
  constexpr std::string_view kAlphabets[] = {"0123456789abcdefABCDEF:.-", "LMNPQRSTUV ABCDEHLMPRST0189",
                                             "aAzZ09_ ./,:@-\n\xC3\xA8", "bBcCtTlL1xX0", "wW.comit_-x n1"};
  std::mt19937 draw(21);
  for (int round = 0; round < 60'000; ++round) {
    const std::string_view alphabet = kAlphabets[draw() % std::size(kAlphabets)];
    std::string text(draw() % 200, ' ');
    for (char& c : text) c = alphabet[draw() % alphabet.size()];
    both.ExpectAlike(text);
  }
}

TEST(Anchors, AreTheSameInProseOfFiveLanguages) {
  Both both;
  for (const char* language : {"de", "en", "es", "fr", "it"}) {
    std::ifstream file(std::string(TF_TEXTS) + "/" + language + ".txt", std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    ASSERT_FALSE(text.empty());
    both.ExpectAlike(text);
    for (size_t at = 0; at + 300 < text.size(); at += 97) both.ExpectAlike(std::string_view(text).substr(at, 300));
  }
}

}  // namespace
}  // namespace tokenfoundry::pii
