#include <gtest/gtest.h>

#include <string_view>
#include <tuple>

#include "tokenfoundry/tokens/unicode_internal.h"

namespace tokenfoundry::tokens {
namespace {

std::tuple<int, int> FirstOf(std::string_view text) {
  const Character character = CharacterAt(text.data(), text.data() + text.size());
  return {character.character_class, character.size_bytes};
}

TEST(Unicode, ClassesFollowTheGeneralCategory) {
  const std::vector<std::tuple<std::string_view, int, int>> cases = {
      {"A", kUpper, 1},          {"z", kLower, 1},          {"\u01C5", kUpper, 2},                           // Lt
      {"\u02B0", kUncased, 2},   {"\u4E2D", kUncased, 3},   {"\u0301", kMark, 2},     {"\u20DD", kMark, 3},  // Me
      {"7", kNumber, 1},         {"\u2167", kNumber, 3},    {"\u00BD", kNumber, 2},   {" ", kSpace, 1},
      {"\t", kSpace, 1},         {"\u0085", kSpace, 2},     {"\u3000", kSpace, 3},    {"\n", kNewline, 1},
      {"\r", kNewline, 1},       {"!", kOther, 1},          {"\u0378", kOther, 2},  // Unassigned.
      {"\u200B", kOther, 3},  // Zero-width space is no white space.
      {"\U0001F600", kOther, 4}, {"\U0001D400", kUpper, 4}, {"\U0010FFFF", kOther, 4}};
  for (const auto& [text, character_class, size] : cases) {
    EXPECT_EQ(FirstOf(text), std::make_tuple(character_class, size)) << text;
  }
}

TEST(Unicode, AByteThatBeginsNoCharacterStandsAlone) {
  for (const std::string_view text :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x80\x80", "\xE4\xB8", "\xE4(\xAD",
        "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF0\x9F\x98", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_EQ(FirstOf(text), std::make_tuple(int{kOther}, 1)) << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace tokenfoundry::tokens
