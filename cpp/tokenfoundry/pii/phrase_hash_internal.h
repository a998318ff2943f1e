// The words of phrases, and their hashes, which tell nothing of case and accents.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tokenfoundry/pii/ascii_internal.h"

namespace tokenfoundry::pii {

// FNV-1a, because it can be continued byte by byte.
inline constexpr uint64_t kHashSeed = 0xCBF29CE484222325;
constexpr uint64_t Continue(uint64_t hash, char byte) {
  return (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3;
}

// The hash of a phrase and of the word behind it, as one phrase.
constexpr uint64_t Joined(uint64_t phrase, uint64_t word) {
  const uint64_t mixed = (std::rotl(phrase, 29) ^ word) * 0x9E3779B97F4A7C15;
  return mixed ^ (mixed >> 32);
}

// ASCII letters in lower case; what belongs to no word as 0.
inline constexpr std::array<char, 128> kLowerLetters = [] {
  std::array<char, 128> letters = {};
  for (char c = 'a'; c <= 'z'; ++c) letters[static_cast<size_t>(c)] = letters[static_cast<size_t>(ToUpper(c))] = c;
  return letters;
}();

// Bytes of the word's character at `at`: a letter, or a mark on one; 0 for anything else, no-break spaces, typographic
// quotation marks and apostrophes included.
inline size_t WordCharacterSize(std::string_view text, size_t at) {
  const auto lead = static_cast<unsigned char>(At(text, at));
  if (lead < 0x80) return IsLetter(static_cast<char>(lead)) ? 1 : 0;
  const auto second = static_cast<unsigned char>(At(text, at + 1));
  const size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (lead == 0xC2) return second == 0xAA || second == 0xB0 || second == 0xB5 || second == 0xBA ? size : 0;
  if (lead == 0xE2 && second < 0xB0) return 0;
  if (lead == 0xE3 && second == 0x80) return 0;
  return size;
}

// Behind the letters and marks of the word that goes on at `at`, at most `to`: letters of ASCII are nearly all there
// is.
inline size_t SkipWord(std::string_view text, size_t at, size_t to) {
  while (at < to) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const size_t size = lead < 0x80 ? static_cast<size_t>(kLowerLetters[lead] != 0) : WordCharacterSize(text, at);
    if (size == 0) break;
    at += size;
  }
  return at;
}

// The letters of U+00C0 to U+00FF without their accents; the two signs among them as a star.
inline constexpr std::string_view kBaseLetters = "aaaaaaaceeeeiiiidnooooo*ouuuuytsaaaaaaaceeeeiiiidnooooo*ouuuuyty";
static_assert(kBaseLetters.size() == 64);

// Whether a combining mark stands at `at`.
inline bool IsMark(std::string_view text, size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  return lead == 0xCC || (lead == 0xCD && static_cast<unsigned char>(At(text, at + 1)) < 0xB0);
}

// The character at `at`, `size` bytes, added to `hash`: in lower case and without accents, so that it does not matter
// how one was typed.
inline uint64_t ContinueWith(uint64_t hash, std::string_view text, size_t at, size_t size) {
  if (size == 1) return Continue(hash, ToLower(text[at]));
  const auto lead = static_cast<unsigned char>(text[at]);
  const auto second = static_cast<unsigned char>(text[at + 1]);
  if (lead == 0xC3) return Continue(hash, kBaseLetters[second - 0x80]);
  if (IsMark(text, at)) return hash;
  for (size_t i = 0; i < size; ++i) hash = Continue(hash, text[at + i]);
  return hash;
}

inline uint64_t HashWord(uint64_t hash, std::string_view word) {
  for (size_t at = 0; at < word.size();) {
    const size_t size = WordCharacterSize(word, at);
    hash = ContinueWith(hash, word, at, size);
    at += size;
  }
  return hash;
}

inline std::vector<std::string_view> Words(std::string_view phrase) {
  std::vector<std::string_view> words;
  for (size_t at = 0; at < phrase.size();) {
    size_t end = at;
    while (const size_t size = WordCharacterSize(phrase, end)) end += size;
    if (end > at) words.push_back(phrase.substr(at, end - at));
    at = std::max(end, at + 1);
  }
  return words;
}

}  // namespace tokenfoundry::pii
