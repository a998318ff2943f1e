// What the validators share: the form of a value, and arithmetic on its digits. Nothing here allocates or throws.
//
// A function that takes `digits` trusts its caller to have checked them; At() and the predicates take any bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "tokenfoundry/pii/ascii_internal.h"

namespace tokenfoundry::pii {

constexpr bool AreDigits(std::string_view text) { return std::all_of(text.begin(), text.end(), IsDigit); }

// Exactly `size` digits, not all of them 0: a row of zeros passes most checks, and nobody issues it.
constexpr bool HasDigits(std::string_view text, size_t size) {
  return text.size() == size && AreDigits(text) && text.find_first_not_of('0') != std::string_view::npos;
}

// Whether `text` has a form: `A` stands for a letter, `9` for a digit, `*` for either.
constexpr bool Fits(std::string_view text, std::string_view form) {
  return std::equal(text.begin(), text.end(), form.begin(), form.end(), [](char c, char kind) {
    return kind == '9' ? IsDigit(c) : kind == 'A' ? IsLetter(c) : IsAlnum(c);
  });
}

// Membership in a set written in upper case, for any case.
constexpr bool IsOneOf(char c, std::string_view set) { return set.find(ToUpper(c)) != std::string_view::npos; }

constexpr bool AreOneOf(std::string_view text, std::string_view set) {
  return std::all_of(text.begin(), text.end(), [set](char c) { return IsOneOf(c, set); });
}

constexpr bool StartsWith(std::string_view text, std::string_view upper) {
  return text.size() >= upper.size() && std::equal(upper.begin(), upper.end(), text.begin(),
                                                   [](char expected, char c) { return expected == ToUpper(c); });
}

// `text` without these letters, if they stand at its front.
constexpr std::string_view Without(std::string_view text, std::string_view upper) {
  return StartsWith(text, upper) ? text.substr(upper.size()) : text;
}

// 0..9, and 10..35 for A..Z; `c` must be a letter or a digit.
constexpr int Value(char c) { return IsDigit(c) ? c - '0' : ToUpper(c) - 'A' + 10; }

// At most 18 digits, or letters and digits after a base of 36.
constexpr int64_t Number(std::string_view digits, int64_t base = 10) {
  int64_t number = 0;
  for (const char c : digits) number = number * base + Value(c);
  return number;
}

constexpr int Pair(std::string_view digits, size_t at) { return (digits[at] - '0') * 10 + (digits[at + 1] - '0'); }

constexpr int Sum(std::string_view digits) {
  int sum = 0;
  for (const char c : digits) sum += c - '0';
  return sum;
}

// Each of the first N letters or digits times its weight.
template <size_t N>
constexpr int WeightedSum(std::string_view digits, const int (&weights)[N]) {
  int sum = 0;
  for (size_t i = 0; i < N; ++i) sum += Value(digits[i]) * weights[i];
  return sum;
}

// What a sum lacks to the next multiple.
constexpr int Complement(int sum, int modulus) { return (modulus - sum % modulus) % modulus; }

constexpr int Last(std::string_view digits) { return digits.back() - '0'; }

}  // namespace tokenfoundry::pii
