// What a character is to the pretokenizers. The tables are generated (tools/generate_unicode.py).
#pragma once

#include <cstdint>

namespace tokenfoundry::tokens {

// One bit each, so that a set of classes is a byte. A character has exactly one.
enum CharacterClass : uint8_t {
  kUpper = 1,     // Lu, Lt
  kLower = 2,     // Ll
  kUncased = 4,   // Lm, Lo
  kMark = 8,      // Mn, Mc, Me
  kNumber = 16,   // Nd, Nl, No
  kSpace = 32,    // White_Space, less the two newlines
  kNewline = 64,  // carriage return, line feed
  kOther = 128,   // everything else, unassigned code points too
};
inline constexpr uint8_t kLetter = kUpper | kLower | kUncased;
inline constexpr uint8_t kWhiteSpace = kSpace | kNewline;

// classes[blocks[code point / 128] * 128 + code point % 128]; the first 128 classes are ASCII.
extern const uint8_t kUnicodeBlocks[8704];
extern const uint8_t kUnicodeClasses[29440];

struct Character {
  uint8_t character_class;
  uint8_t size_bytes;
};

inline uint8_t ClassOf(uint32_t code_point) {
  return kUnicodeClasses[kUnicodeBlocks[code_point >> 7] << 7 | (code_point & 127)];
}

// Two bytes or more. A byte that begins no well-formed sequence is a character of class kOther.
Character WideCharacterAt(const char* at, const char* end);

// The character at `at`, which lies before `end`.
inline Character CharacterAt(const char* at, const char* end) {
  const uint8_t lead = static_cast<uint8_t>(*at);
  if (lead < 0x80) return {kUnicodeClasses[lead], 1};
  return WideCharacterAt(at, end);
}

}  // namespace tokenfoundry::tokens
