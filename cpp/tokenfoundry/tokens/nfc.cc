#include <algorithm>
#include <iterator>
#include <vector>

#include "tokenfoundry/tokens/nfc_internal.h"
#include "tokenfoundry/tokens/unicode_internal.h"

namespace tokenfoundry::tokens {
namespace {

// The arithmetic of Hangul syllables (Unicode, section 3.12).
constexpr uint32_t kSyllables = 0xAC00, kLeading = 0x1100, kVowels = 0x1161, kTrailing = 0x11A7;
constexpr uint32_t kLeadingCount = 19, kVowelCount = 21, kTrailingCount = 28;
constexpr uint32_t kSyllableCount = kLeadingCount * kVowelCount * kTrailingCount;

uint8_t PropertyOf(uint32_t code_point) {
  return kNfcProperties[size_t{kNfcBlocks[code_point >> 8]} << 8 | (code_point & 255)];
}
uint8_t CombiningClass(uint32_t code_point) { return PropertyOf(code_point) & ~kUnsure; }

void Decompose(uint32_t code_point, std::vector<uint32_t>* out) {
  if (const uint32_t syllable = code_point - kSyllables; syllable < kSyllableCount) {
    out->push_back(kLeading + syllable / (kVowelCount * kTrailingCount));
    out->push_back(kVowels + syllable / kTrailingCount % kVowelCount);
    if (syllable % kTrailingCount != 0) out->push_back(kTrailing + syllable % kTrailingCount);
    return;
  }
  const auto* const found =
      std::lower_bound(std::begin(kDecompositions), std::end(kDecompositions), code_point,
                       [](const Decomposition& one, uint32_t wanted) { return one.code_point < wanted; });
  if (found == std::end(kDecompositions) || found->code_point != code_point) {
    out->push_back(code_point);
  } else {
    out->insert(out->end(), kDecomposed + found->begin, kDecomposed + found->begin + found->count);
  }
}

// What two become, or 0.
uint32_t Join(uint32_t first, uint32_t second) {
  if (first - kLeading < kLeadingCount && second - kVowels < kVowelCount) {
    return kSyllables + ((first - kLeading) * kVowelCount + second - kVowels) * kTrailingCount;
  }
  const uint32_t trailing = second - kTrailing;
  if (first - kSyllables < kSyllableCount && (first - kSyllables) % kTrailingCount == 0 &&
      trailing - 1 < kTrailingCount - 1) {
    return first + trailing;
  }
  const auto* const found =
      std::lower_bound(std::begin(kCompositions), std::end(kCompositions), Composition{first, second, 0},
                       [](const Composition& a, const Composition& b) {
                         return a.first != b.first ? a.first < b.first : a.second < b.second;
                       });
  const bool is_there = found != std::end(kCompositions) && found->first == first && found->second == second;
  return is_there ? found->whole : 0;
}

// Marks in the order of their classes, then each joined to the letter before it, unless a mark between is in its way.
void Compose(std::vector<uint32_t>* points) {
  const auto is_mark = [](uint32_t point) { return CombiningClass(point) != 0; };
  for (auto at = points->begin(); at != points->end();) {
    at = std::find_if(at, points->end(), is_mark);
    const auto marks_end = std::find_if_not(at, points->end(), is_mark);
    std::stable_sort(at, marks_end, [](uint32_t a, uint32_t b) { return CombiningClass(a) < CombiningClass(b); });
    at = marks_end;
  }
  constexpr size_t kNone = ~size_t{0};
  size_t kept = 0, letter = kNone;
  for (const uint32_t point : *points) {
    const uint8_t mark = CombiningClass(point);
    const bool is_next = letter != kNone && letter + 1 == kept;
    const bool may_join = letter != kNone && (is_next || (mark != 0 && CombiningClass((*points)[kept - 1]) < mark));
    if (const uint32_t whole = may_join ? Join((*points)[letter], point) : 0; whole != 0) {
      (*points)[letter] = whole;
      continue;
    }
    if (mark == 0) letter = kept;
    (*points)[kept++] = point;
  }
  points->resize(kept);
}

uint32_t CodePointAt(const char* at, size_t size) {
  const auto byte = [at](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(at[i])); };
  if (size == 2) return (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
  if (size == 3) return (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
  return (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
}

void AppendUtf8(uint32_t point, std::string* out) {
  const auto tail = [point](int shift) { return static_cast<char>(0x80 | (point >> shift & 0x3F)); };
  if (point < 0x80) {
    *out += static_cast<char>(point);
  } else if (point < 0x800) {
    *out += {static_cast<char>(0xC0 | point >> 6), tail(0)};
  } else if (point < 0x10000) {
    *out += {static_cast<char>(0xE0 | point >> 12), tail(6), tail(0)};
  } else {
    *out += {static_cast<char>(0xF0 | point >> 18), tail(12), tail(6), tail(0)};
  }
}

void AppendComposed(std::string_view text, std::string* out) {
  std::vector<uint32_t> points;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    const Character character = CharacterAt(at, end);
    if (character.size_bytes == 1) {
      points.push_back(static_cast<uint8_t>(*at));
    } else {
      Decompose(CodePointAt(at, character.size_bytes), &points);
    }
    at += character.size_bytes;
  }
  Compose(&points);
  for (const uint32_t point : points) AppendUtf8(point, out);
}

}  // namespace

// Cut into stretches that begin with a character that joins nothing before it; only those that need it are composed.
std::string_view Composed(std::string_view text, std::string* storage) {
  const auto is_plain = [](char byte) { return static_cast<uint8_t>(byte) < 0xCC; };  // Of what is below U+0300.
  if (std::all_of(text.begin(), text.end(), is_plain)) return text;
  const char* const end = text.data() + text.size();
  const char *copied = text.data(), *stretch = copied;
  bool needs_it = false, changes = false;
  uint8_t last_mark = 0;
  const auto finish = [&](const char* stretch_end) {
    if (needs_it) {
      if (!changes) storage->clear();
      changes = true;
      storage->append(copied, stretch);
      AppendComposed({stretch, static_cast<size_t>(stretch_end - stretch)}, storage);
      copied = stretch_end;
    }
    stretch = stretch_end;
    needs_it = false;
    last_mark = 0;
  };
  for (const char* at = text.data(); at < end;) {
    const Character character = CharacterAt(at, end);
    const bool is_ascii = static_cast<uint8_t>(*at) < 0x80;
    if (character.size_bytes == 1) {
      finish(at++);
      if (!is_ascii) finish(at);  // No UTF-8: it stays, alone.
      continue;
    }
    const uint8_t property = PropertyOf(CodePointAt(at, character.size_bytes));
    if (property == 0) {
      finish(at);
    } else {
      const uint8_t mark = property & ~kUnsure;
      needs_it |= (property & kUnsure) != 0 || (mark != 0 && mark < last_mark);
      last_mark = mark;
    }
    at += character.size_bytes;
  }
  finish(end);
  if (!changes) return text;
  storage->append(copied, end);
  return *storage;
}

}  // namespace tokenfoundry::tokens
