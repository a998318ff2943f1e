// Each scanner is its pattern, alternative by alternative, with the backtracking worked out beforehand.
//
// cl100k_base, tiktoken 0.14:
//   '(?i:[sdmt]|ll|ve|re)
//   [^\r\n\p{L}\p{N}]?+\p{L}++
//   \p{N}{1,3}+
//    ?[^\s\p{L}\p{N}]++[\r\n]*+
//   \s++$   \s*[\r\n]   \s+(?!\S)   \s
//
// Llama 3: the same less the alternative \s++$. Qwen: as Llama 3, but \p{N}. GPT-2, whose contractions keep their case:
//   '(?:[sdmt]|ll|ve|re)    ?\p{L}++    ?\p{N}++    ?[^\s\p{L}\p{N}]++   \s++$   \s+(?!\S)   \s
//
// o200k_base, with U = [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}], L = [\p{Ll}\p{Lm}\p{Lo}\p{M}], C =
// (?i:'s|'t|'re|'ve|'m|'ll|'d):
//   [^\r\n\p{L}\p{N}]? U* L+ C?
//   [^\r\n\p{L}\p{N}]? U+ L* C?
//   \p{N}{1,3}
//    ?[^\s\p{L}\p{N}]+[\r\n/]*
//   \s*[\r\n]+   \s+(?!\S)   \s+
//
// Tekken: the same without C and with \p{N}.
#include <cstring>

#include "tokenfoundry/tokens/pretokenizer_internal.h"
#include "tokenfoundry/tokens/unicode_internal.h"

namespace tokenfoundry::tokens {
namespace {

constexpr uint8_t kPunctuation = kOther | kMark;           // [^\s\p{L}\p{N}]
constexpr uint8_t kUpperLike = kUpper | kUncased | kMark;  // U
constexpr uint8_t kLowerLike = kLower | kUncased | kMark;  // L
constexpr uint8_t kWordPrefix = kSpace | kOther | kMark;   // [^\r\n\p{L}\p{N}]

// The first character from `at` on that is in none of `classes`.
inline const char* SkipClasses(const char* at, const char* end, uint8_t classes) {
  while (at < end) {
    const Character character = CharacterAt(at, end);
    if ((character.character_class & classes) == 0) break;
    at += character.size_bytes;
  }
  return at;
}

inline bool IsClassAt(const char* at, const char* end, uint8_t classes) {
  return at < end && (CharacterAt(at, end).character_class & classes) != 0;
}

// At most so many numbers.
const char* SkipNumbers(const char* at, const char* end, int most) {
  for (int i = 0; i < most && IsClassAt(at, end, kNumber); ++i) at += CharacterAt(at, end).size_bytes;
  return at;
}

// ` ?[^\s\p{L}\p{N}]+`, or `at`. A space that nothing follows is left to the white space.
inline const char* SkipPunctuation(const char* at, const char* end) {
  const char* const first = *at == ' ' ? at + 1 : at;
  const char* const last = SkipClasses(first, end, kPunctuation);
  return last == first ? at : last;
}

struct WhiteSpaceRun {
  const char* end;
  const char* newline_end;  // After the last newline of the run; null without one.
  const char* last_begin;   // Where its last character begins.
};

WhiteSpaceRun ScanWhiteSpace(const char* begin, const char* end) {
  WhiteSpaceRun run = {begin, nullptr, begin};
  while (run.end < end) {
    const Character character = CharacterAt(run.end, end);
    if ((character.character_class & kWhiteSpace) == 0) break;
    run.last_begin = run.end;
    run.end += character.size_bytes;
    if (character.character_class == kNewline) run.newline_end = run.end;
  }
  return run;
}

// `\s+(?!\S)`, then one white space: the run less its last character, which belongs to the word behind it; a run of one
// is a piece.
const char* BeforeLastSpace(const WhiteSpaceRun& run, const char* begin) {
  return run.last_begin > begin ? run.last_begin : run.end;
}

// The two word alternatives of o200k less the contraction, from `begin`, or `begin` when neither matches. `prefix` is
// the class of the character at `begin` when it may be a prefix, else 0; the word proper begins at `word`.
//
// `U* L+` takes all of U, then gives back until L+ finds a character. So it ends after the lower-case letters behind
// the run of U; without those, after the last character of the run that is in both sets; without that, U* L+ fails.
// It then tries without the prefix, which matches exactly when the prefix is a mark: as a word of one mark. Last comes
// the second alternative, whose U+ is the run: it has only upper-case letters now, and nothing of L follows it.
inline const char* SkipCasedWord(const char* begin, const char* word, const char* end, uint8_t prefix) {
  const char* at = word;
  const char* both_end = nullptr;
  while (at < end) {
    const Character character = CharacterAt(at, end);
    if ((character.character_class & kUpperLike) == 0) {
      if (character.character_class == kLower) return SkipClasses(at, end, kLowerLike);
      break;
    }
    at += character.size_bytes;
    if (character.character_class != kUpper) both_end = at;
  }
  if (both_end != nullptr) return both_end;
  if (prefix == kMark) return word;
  return at > word ? at : begin;
}

// cl100k and those like it.
template <Rules kRules>
const char* PlainPieceEnd(const char* begin, const char* end) {
  if (*begin == '\'') {
    if (const int size = ContractionBytes(begin, end, kRules.folds_contractions); size > 0) return begin + size;
  }
  const Character first = CharacterAt(begin, end);
  const char* const second = begin + first.size_bytes;
  if ((first.character_class & kLetter) != 0) return SkipClasses(second, end, kLetter);
  if ((first.character_class & kWordPrefix) != 0) {
    if (const char* const next = SkipClasses(second, end, kLetter); next > second) return next;
  }
  if (first.character_class == kNumber) return SkipNumbers(begin, end, kRules.digits);
  if (const char* const next = SkipPunctuation(begin, end); next > begin) return SkipClasses(next, end, kNewline);

  const WhiteSpaceRun run = ScanWhiteSpace(begin, end);
  if (kRules.keeps_last_space && run.end == end) return end;
  if (run.newline_end != nullptr) return run.newline_end;
  if (run.end == end) return end;
  return BeforeLastSpace(run, begin);
}

}  // namespace

// Case is folded as Unicode does: the long s, U+017F (C5 BF), is an s.
int ContractionBytes(const char* at, const char* end, bool folds) {
  const auto left_bytes = end - at;
  if (left_bytes < 2) return 0;
  const char fold = folds ? 0x20 : 0;
  const char first = static_cast<char>(at[1] | fold);
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
  if (left_bytes < 3) return 0;
  if (folds && at[1] == '\xC5' && at[2] == '\xBF') return 3;
  const char second = static_cast<char>(at[2] | fold);
  const bool is_long = second == 'e' ? first == 'r' || first == 'v' : second == 'l' && first == 'l';
  return is_long ? 3 : 0;
}

const char* Cl100kPieceEnd(const char* begin, const char* end) { return PlainPieceEnd<kCl100kRules>(begin, end); }
const char* QwenPieceEnd(const char* begin, const char* end) { return PlainPieceEnd<kQwenRules>(begin, end); }
const char* Llama3PieceEnd(const char* begin, const char* end) { return PlainPieceEnd<kLlama3Rules>(begin, end); }

const char* Gpt2PieceEnd(const char* begin, const char* end) {
  if (*begin == '\'') {
    if (const int size = ContractionBytes(begin, end, false); size > 0) return begin + size;
  }
  const char* const word = *begin == ' ' ? begin + 1 : begin;
  for (const uint8_t classes : {kLetter, static_cast<uint8_t>(kNumber), kPunctuation}) {
    if (const char* const next = SkipClasses(word, end, classes); next > word) return next;
  }
  const WhiteSpaceRun run = ScanWhiteSpace(begin, end);
  return run.end == end ? end : BeforeLastSpace(run, begin);
}

template <Rules kRules>
const char* CasedPieceEnd(const char* begin, const char* end) {
  const Character first = CharacterAt(begin, end);
  if ((first.character_class & (kLetter | kWordPrefix)) != 0) {
    const uint8_t prefix = first.character_class & kWordPrefix;
    const char* const word = prefix != 0 ? begin + first.size_bytes : begin;
    if (const char* const next = SkipCasedWord(begin, word, end, prefix); next > begin) {
      return kRules.contractions && next < end && *next == '\'' ? next + ContractionBytes(next, end, true) : next;
    }
  }
  if (first.character_class == kNumber) return SkipNumbers(begin, end, kRules.digits);
  if (const char* next = SkipPunctuation(begin, end); next > begin) {
    while (next < end && (*next == '\r' || *next == '\n' || *next == '/')) ++next;
    return next;
  }

  const WhiteSpaceRun run = ScanWhiteSpace(begin, end);
  if (run.newline_end != nullptr) return run.newline_end;
  if (run.end == end) return end;
  return BeforeLastSpace(run, begin);
}

const char* O200kPieceEnd(const char* begin, const char* end) { return CasedPieceEnd<kO200kRules>(begin, end); }
const char* TekkenPieceEnd(const char* begin, const char* end) { return CasedPieceEnd<kTekkenRules>(begin, end); }

const char* EachSpacePieceEnd(const char* begin, const char* end) {
  const auto* const space = static_cast<const char*>(std::memchr(begin + 1, ' ', static_cast<size_t>(end - begin - 1)));
  return space == nullptr ? end : space;
}

const char* SpacesPieceEnd(const char* begin, const char* end) {
  const char* word = begin;
  while (word < end && *word == ' ') ++word;
  return word == end ? end : EachSpacePieceEnd(word, end);
}

const char* WholePieceEnd(const char*, const char* end) { return end; }

PieceEnd PieceEndOf(Pretokenizer pretokenizer) {
  switch (pretokenizer) {
    case Pretokenizer::kCl100k:
      return Cl100kPieceEnd;
    case Pretokenizer::kO200k:
      return O200kPieceEnd;
    case Pretokenizer::kGpt2:
      return Gpt2PieceEnd;
    case Pretokenizer::kQwen:
      return QwenPieceEnd;
    case Pretokenizer::kLlama3:
      return Llama3PieceEnd;
    case Pretokenizer::kTekken:
      return TekkenPieceEnd;
    case Pretokenizer::kSpaces:
      return SpacesPieceEnd;
    case Pretokenizer::kEachSpace:
      return EachSpacePieceEnd;
    case Pretokenizer::kWhole:
      return WholePieceEnd;
  }
  return nullptr;
}

}  // namespace tokenfoundry::tokens
