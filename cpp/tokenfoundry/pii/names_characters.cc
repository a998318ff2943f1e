#include <string_view>

#include "tokenfoundry/pii/names_characters_internal.h"

namespace tokenfoundry::pii {
namespace {

// The base letters of U+00E0..U+00FF and of the lower-case letters among U+0100..U+017F; '.' has none.
constexpr std::string_view kLatin1Base = "aaaaaaaceeeeiiiidnooooo.ouuuuyty";
constexpr std::string_view kExtendedBase =
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllll"
    "nnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(kLatin1Base.size() == 32 && kExtendedBase.size() == 128);

bool InRange(uint32_t code_point, uint32_t first, uint32_t last) { return code_point - first <= last - first; }

// Upper and lower case alternate here: an even code point is upper-case, its successor the lower-case form.
bool EvenIsUpper(uint32_t c) {
  return InRange(c, 0x100, 0x137) || InRange(c, 0x14A, 0x177) || InRange(c, 0x1DE, 0x1EF) || InRange(c, 0x1F8, 0x233) ||
         InRange(c, 0x460, 0x481) || InRange(c, 0x48A, 0x4BF) || InRange(c, 0x4D0, 0x52F) ||
         InRange(c, 0x1E00, 0x1E95) || InRange(c, 0x1EA0, 0x1EFF);
}
bool OddIsUpper(uint32_t c) { return InRange(c, 0x139, 0x148) || InRange(c, 0x179, 0x17E) || InRange(c, 0x1CD, 0x1DC); }

struct Cased {
  Letter letter;
  uint32_t lower;
};

Cased Latin(uint32_t c) {
  if (c < 0xC0) return {c == 0xAA || c == 0xB5 || c == 0xBA ? Letter::kLower : Letter::kNone, c};
  if (c == 0xD7 || c == 0xF7) return {Letter::kNone, c};
  if (c < 0xDF) return {Letter::kUpper, c + 32};
  if (c < 0x100) return {Letter::kLower, c};
  if (c == 0x178) return {Letter::kUpper, 0xFF};
  if (c == 0x130) return {Letter::kUpper, 'i'};
  if (EvenIsUpper(c)) return {c % 2 == 0 ? Letter::kUpper : Letter::kLower, c | 1};
  if (OddIsUpper(c)) return {c % 2 == 1 ? Letter::kUpper : Letter::kLower, c % 2 == 1 ? c + 1 : c};
  return {Letter::kLower, c};
}

Cased GreekOrCyrillic(uint32_t c) {
  if (InRange(c, 0x391, 0x3A9)) return {Letter::kUpper, c + 32};
  if (InRange(c, 0x400, 0x40F)) return {Letter::kUpper, c + 80};
  if (InRange(c, 0x410, 0x42F)) return {Letter::kUpper, c + 32};
  if (EvenIsUpper(c)) return {c % 2 == 0 ? Letter::kUpper : Letter::kLower, c | 1};
  return {Letter::kLower, c};
}

bool IsMark(uint32_t c) {
  return InRange(c, 0x300, 0x36F) || InRange(c, 0x483, 0x489) || InRange(c, 0x1AB0, 0x1AFF) ||
         InRange(c, 0x1DC0, 0x1DFF) || InRange(c, 0x20D0, 0x20FF) || InRange(c, 0xFE20, 0xFE2F);
}

// Blocks of spaces, punctuation, symbols and private use.
bool IsNeverLetter(uint32_t c) {
  return InRange(c, 0x2000, 0x2BFF) || InRange(c, 0x2E00, 0x2E7F) || InRange(c, 0x3000, 0x3004) ||
         InRange(c, 0x3007, 0x3030) || InRange(c, 0xE000, 0xF8FF) || InRange(c, 0xFE00, 0xFE1F) ||
         InRange(c, 0xFE30, 0xFE6F) || InRange(c, 0xFEFF, 0xFF20) || InRange(c, 0xFFE0, 0xFFFF) ||
         InRange(c, 0x1F000, 0x1FAFF) || c >= 0xE0000;
}

Cased Classify(uint32_t c) {
  if (c < 0x250 || InRange(c, 0x1E00, 0x1EFF)) return Latin(c);
  if (IsMark(c)) return {Letter::kMark, c};
  if (InRange(c, 0x370, 0x52F)) return GreekOrCyrillic(c);
  if (IsNeverLetter(c)) return {Letter::kNone, c};
  return {Letter::kUncased, c};
}

}  // namespace

NameCharacter WideNameCharacter(const char* at) {
  const auto byte = [at](int i) { return static_cast<uint32_t>(static_cast<uint8_t>(at[i])); };
  const uint32_t lead = byte(0);
  uint32_t code_point;
  uint8_t size_bytes;
  if (lead < 0xE0) {
    code_point = (lead & 31) << 6 | (byte(1) & 63);
    size_bytes = 2;
  } else if (lead < 0xF0) {
    code_point = (lead & 15) << 12 | (byte(1) & 63) << 6 | (byte(2) & 63);
    size_bytes = 3;
  } else {
    code_point = (lead & 7) << 18 | (byte(1) & 63) << 12 | (byte(2) & 63) << 6 | (byte(3) & 63);
    size_bytes = 4;
  }
  const Cased cased = Classify(code_point);
  return {cased.letter, size_bytes, cased.lower};
}

uint32_t WithoutAccent(uint32_t lower) {
  if (lower < 0xDF || lower > 0x17F) return lower;
  if (lower == 0xDF) return 's';
  if (lower < 0x100) return kLatin1Base[lower - 0xE0] == '.' ? lower : static_cast<uint8_t>(kLatin1Base[lower - 0xE0]);
  return static_cast<uint8_t>(kExtendedBase[lower - 0x100]);
}

}  // namespace tokenfoundry::pii
