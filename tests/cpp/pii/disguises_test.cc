#include <gtest/gtest.h>

#include "tests/cpp/pii/detectors.h"
#include "tokenfoundry/pii/disguises_internal.h"

namespace tokenfoundry::pii {
namespace {

std::vector<std::pair<std::string, std::string>> FoundIn(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> found;
  const std::vector<Finding> findings = *EverythingAndNames().Detect(text);
  for (const Finding& f : findings) {
    found.emplace_back(EverythingAndNames().entities()[f.entity], text.substr(f.start, f.end - f.start));
  }
  return found;
}

TEST(Disguises, ValuesAreFoundWhereTheirFormDoesNotShow) {
  const std::pair<std::string, std::string> values[] = {
      {"EMAIL_ADDRESS", "mario.rossi%40example.it"},
      {"EMAIL_ADDRESS", "mario [at] example [dot] it"},
      {"EMAIL_ADDRESS", "mario(at)example.it"},
      {"EMAIL_ADDRESS", "mario [chiocciola] example (punto) it"},
      {"EMAIL_ADDRESS", "mario.rossi[@]example[.]it"},
      {"EMAIL_ADDRESS", "mario&#64;example.it"},
      {"EMAIL_ADDRESS", "ma\xE2\x80\x8Brio@exam\xC2\xADple.it"},
      {"EMAIL_ADDRESS", "mario\xEF\xBC\xA0\xEF\xBD\x85xample.it"},
      {"IBAN_CODE",
       "IT60X0542811101\xE2\x80\x8D"
       "000000123456"},
      {"IBAN_CODE",
       "\xEF\xBC\xA9\xEF\xBC\xB4"
       "60X054281110100000012345\xEF\xBC\x96"},
      {"PERSON", "Mar\xE2\x80\x8Bio Ros\xEF\xBB\xBFsi"},
  };
  for (const auto& value : values) {
    const std::string text = "Ciao, scrivi a " + value.second + ", grazie mille.";
    EXPECT_EQ(FoundIn(text), (std::vector{value})) << text;
  }
}

TEST(Disguises, WhatIsFoundWithoutThemIsFoundAsBefore) {
  const auto found = FoundIn("mario@example.it\xE2\x80\x8B, 100%20 [at] (dot) Anna Bianchi");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].second, "mario@example.it");
  EXPECT_EQ(found[1].second, "Anna Bianchi");
  for (const std::string_view text : {"Ci vediamo (at) 10", "punti [dot] due", "x\xE2\x80\x8Dy", "50%40", "a(at)b"}) {
    EXPECT_TRUE(HasDisguise(text));
    EXPECT_TRUE(FoundIn(text).empty()) << text;
  }
  for (const std::string_view text :
       {"a[0](b) {c} <at", "100% & \xE2\x80\x99 \xC2\xB0 \xEF\xBC\x8C", "%4", "[", "\xE2"}) {
    EXPECT_FALSE(HasDisguise(text)) << text;
  }
}

TEST(Disguises, WhereAPartStandsIsKnownOfEachPart) {
  const std::string text =
      "\xE2\x80\x8B"
      "ab [at] \xE2\x80\x8B\xE2\x80\x8B"
      "c%2Ed\xC2\xAD";
  const Undisguised read(text);
  ASSERT_EQ(read.text(), "ab@c.d");
  const auto origin = [&](uint32_t start, uint32_t end) {
    const std::optional<Extent> found = read.Origin({start, end});
    return found ? text.substr(found->start, found->end - found->start) : "";
  };
  EXPECT_EQ(origin(0, 2), "");  // Nothing is hidden in it.
  EXPECT_EQ(origin(2, 3), " [at] ");
  EXPECT_EQ(origin(1, 4),
            "b [at] \xE2\x80\x8B\xE2\x80\x8B"
            "c");
  EXPECT_EQ(origin(3, 6), "c%2Ed");
}

}  // namespace
}  // namespace tokenfoundry::pii
