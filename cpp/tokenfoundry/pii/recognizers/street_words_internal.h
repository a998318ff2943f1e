// The words that streets are called by, in five languages, and how each stands to its name and its number.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenfoundry/pii/byte_maps_internal.h"

namespace tokenfoundry::pii {

// How much the word alone says.
enum class StreetWord : uint8_t {
  kNone,
  kSure,   // "piazza", "street": with a name and a number it is a street.
  kLoose,  // "corso", "close": it has other uses.
  kRare,   // "bridge", "point": few streets are called so.
};

StreetWord ItalianStreetWord(std::string_view folded);  // "via Roma 12", and Spanish: "calle Mayor 5".
StreetWord FrenchStreetWord(std::string_view folded);   // "12 rue de la Paix".
StreetWord EnglishStreetWord(std::string_view folded);  // "10 Downing Street".
StreetWord GermanStreetWord(std::string_view folded);   // "Hauptstraße 12": by its ending.

// Words that people put between such a word and a number but that name no street: "via e-mail", "corso Java 8".
bool IsNoStreetName(std::string_view folded);

// "giorni", "Uhr", "people": what is counted by a number that is no house's.
bool IsCountedThing(std::string_view folded);

// "de", "della", "von": what joins the words of a street's name.
bool IsNameJoint(std::string_view folded);

// A regular expression, by bytes, whose matches end where one of these words does; for German endings and for the first
// digit of the number behind them.
std::string StreetAnchor();
void SeekStreets(std::string_view text, const ByteMaps& maps, std::vector<uint32_t>* ends);

enum Spelling : uint8_t { kLowerCase = 1, kCapitalised = 2, kUpperCase = 4, kMixedCase = 8, kAnyCase = 15 };

// Words of the anchor that are letters of ASCII alone, and how they must be written.
struct StreetAnchorWord {
  std::string_view folded;
  uint8_t spellings;  // Of enum Spelling.
};
std::vector<StreetAnchorWord> StreetAnchorWords();

// The German endings as bytes, in lower case.
std::span<const std::string_view> GermanAnchorEndings();

}  // namespace tokenfoundry::pii
