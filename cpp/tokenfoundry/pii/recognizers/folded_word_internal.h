// One word of a text as the tables of words spell it: lower case, without accents ("März" is "marz", "Straße" is
// "strasse"). ASCII and Latin-1 letters only; any other byte stays, so that a word with it is in no table.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "tokenfoundry/pii/ascii_internal.h"

namespace tokenfoundry::pii {

constexpr bool IsWordByte(char c) { return IsLetter(c) || (c & 0x80) != 0; }

// Whether a capital of ASCII or Latin-1 stands at `at`.
constexpr bool IsCapital(std::string_view text, size_t at) {
  const auto next = static_cast<unsigned char>(At(text, at + 1));
  return IsUpper(At(text, at)) || (At(text, at) == '\xC3' && next >= 0x80 && next <= 0x9E);
}

inline constexpr size_t kMaxWordBytes = 32;  // A longer run of letters is no word of ours.

// One past the last letter of the word at `at`, or past kMaxWordBytes of it.
constexpr size_t WordEnd(std::string_view text, size_t at) {
  size_t end = at;
  while (end - at <= kMaxWordBytes && IsWordByte(At(text, end))) ++end;
  return end;
}

// Where the word that ends at `end` starts, at most kMaxWordBytes + 1 before.
constexpr size_t WordStart(std::string_view text, size_t end) {
  size_t start = end;
  while (end - start <= kMaxWordBytes && IsWordByte(Before(text, start))) --start;
  return start;
}

class FoldedWord {
 public:
  constexpr explicit FoldedWord(std::string_view word) {
    if (word.size() > kMaxWordBytes) return;
    for (size_t i = 0; i < word.size(); ++i) {
      if (word[i] != '\xC3' || i + 1 == word.size()) {
        letters_[size_++] = ToLower(word[i]);
        continue;
      }
      const auto byte = static_cast<unsigned char>(word[++i]);
      if (byte == 0x9F) letters_[size_++] = 's';
      letters_[size_++] = byte == 0x9F ? 's' : kLatin1[byte & 0x1F];
    }
  }
  constexpr std::string_view view() const { return {letters_.data(), size_}; }

 private:
  // C3 80..9F and C3 A0..BF without their accents; "." for what is no letter with one.
  static constexpr char kLatin1[] = "aaaaaa.ceeeeiiii.nooooo..uuuuy..";
  static_assert(sizeof(kLatin1) == 33);

  std::array<char, kMaxWordBytes> letters_ = {};
  size_t size_ = 0;
};

constexpr bool IsOneOf(std::string_view word, std::span<const std::string_view> sorted) {
  return std::binary_search(sorted.begin(), sorted.end(), word);
}

}  // namespace tokenfoundry::pii
