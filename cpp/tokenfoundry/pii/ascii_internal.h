// ASCII classes without a locale, and the separators that people type between groups of digits.
#pragma once

#include <cstddef>
#include <string_view>

namespace tokenfoundry::pii {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool IsLetter(char c) { return IsUpper(c) || (c >= 'a' && c <= 'z'); }
constexpr bool IsHex(char c) { return IsDigit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f'); }
constexpr bool IsContinuation(char c) { return (c & 0xC0) == 0x80; }  // Of UTF-8: a byte that begins no character.
constexpr bool IsAlnum(char c) { return IsDigit(c) || IsLetter(c); }
constexpr char ToUpper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
constexpr char ToLower(char c) { return IsUpper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

// Past the end and before the start read as a byte that belongs to no class.
constexpr char At(std::string_view text, size_t at) { return at < text.size() ? text[at] : '\0'; }
constexpr char Before(std::string_view text, size_t at, size_t back = 1) { return at >= back ? text[at - back] : '\0'; }

// No-break, figure and narrow no-break space, no-break hyphen, en dash: what word processors put into numbers.
inline constexpr std::string_view kWideSeparators[] = {"\xC2\xA0", "\xE2\x80\x87", "\xE2\x80\xAF", "\xE2\x80\x91",
                                                       "\xE2\x80\x93"};

// Bytes of the one separator at `at` (space, dash, dot or a wide one), or 0.
constexpr size_t SeparatorSize(std::string_view text, size_t at) {
  const char c = At(text, at);
  if (c == ' ' || c == '-' || c == '.') return 1;
  if (c != '\xC2' && c != '\xE2') return 0;
  for (const std::string_view wide : kWideSeparators) {
    if (text.substr(at, wide.size()) == wide) return wide.size();
  }
  return 0;
}

// The same, for the separator that ends just before `at`.
constexpr size_t SeparatorSizeBefore(std::string_view text, size_t at) {
  const char c = Before(text, at);
  if (c == ' ' || c == '-' || c == '.') return 1;
  if (static_cast<unsigned char>(c) < 0x80) return 0;
  for (const std::string_view wide : kWideSeparators) {
    if (at >= wide.size() && text.substr(at - wide.size(), wide.size()) == wide) return wide.size();
  }
  return 0;
}

}  // namespace tokenfoundry::pii
