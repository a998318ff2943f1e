// What a character is to the name tagger: part of a word or not, its case, its lower-case form.
//
// Cased scripts are Latin, Greek and Cyrillic; letters of any other script count as uncased, and a word that holds one
// is never a name. The rules are ranges, not the Unicode tables: a rare letter may be given the wrong case, never a
// wrong size.
#pragma once

#include <cstdint>

namespace tokenfoundry::pii {

enum class Letter : uint8_t {
  kNone,     // Space, punctuation, symbols.
  kLower,    //
  kUpper,    //
  kUncased,  // A letter of a script without case, or one whose case is not known here.
  kMark,     // A combining mark: belongs to the word it follows.
  kDigit,    // ASCII digits, and the underscore: what makes a word an identifier.
};

inline constexpr int kLetterCount = 6;

struct NameCharacter {
  Letter letter;
  uint8_t size_bytes;
  uint32_t lower;  // Code point.
};

// Two bytes or more. `at` begins a well-formed sequence.
NameCharacter WideNameCharacter(const char* at);

constexpr Letter AsciiLetter(uint8_t byte) {
  if (byte >= 'a' && byte <= 'z') return Letter::kLower;
  if (byte >= 'A' && byte <= 'Z') return Letter::kUpper;
  if ((byte >= '0' && byte <= '9') || byte == '_') return Letter::kDigit;
  return Letter::kNone;
}

inline NameCharacter NameCharacterAt(const char* at) {
  const uint8_t lead = static_cast<uint8_t>(*at);
  if (lead >= 0x80) return WideNameCharacter(at);
  const Letter letter = AsciiLetter(lead);
  return {letter, 1, letter == Letter::kUpper ? lead | 0x20u : lead};
}

// A Latin letter without its accents (`é` -> `e`, `ø` -> `o`, `ß` -> `s`), anything else as it is. `lower` is
// lower-case.
uint32_t WithoutAccent(uint32_t lower);

}  // namespace tokenfoundry::pii
