#include "tokenfoundry/pii/validators/phone.h"

#include <array>
#include <cstdint>

#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/phone_lengths_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kMaxCountryCodeDigits = 3;

using LengthsByFirstDigit = std::array<uint16_t, 10>;  // Bit n: n national digits.

// Reads "2456789:10 3:7,10"; lengths that would exceed 15 digits with the country code are dropped.
constexpr LengthsByFirstDigit ReadLengths(const CountryLengths& country) {
  LengthsByFirstDigit by_first = {};
  const size_t max_digits = kMaxPhoneDigits - country.country_code.size();
  const std::string_view text = country.lengths;
  for (size_t at = 0; at < text.size();) {
    const size_t first = at;
    while (text[at] != ':') ++at;
    const std::string_view first_digits = text.substr(first, at - first);
    while (at < text.size() && text[at] != ' ') {
      ++at;  // ":" or ",".
      size_t low = 0;
      while (IsDigit(At(text, at))) low = low * 10 + static_cast<size_t>(Value(text[at++]));
      size_t high = low;
      if (At(text, at) == '-') {
        high = 0;
        for (++at; IsDigit(At(text, at)); ++at) high = high * 10 + static_cast<size_t>(Value(text[at]));
      }
      for (size_t digits = low; digits <= high && digits <= max_digits; ++digits) {
        for (const char c : first_digits) by_first[static_cast<size_t>(Value(c))] |= static_cast<uint16_t>(1 << digits);
      }
    }
    if (at < text.size()) ++at;
  }
  return by_first;
}

struct Countries {
  std::array<uint8_t, 1000> row = {};  // By country code: its place in `lengths` plus 1, or 0 if it is not assigned.
  std::array<LengthsByFirstDigit, std::size(kCountryLengths)> lengths = {};
};

constexpr Countries ReadCountries() {
  Countries countries;
  for (size_t i = 0; i < std::size(kCountryLengths); ++i) {
    countries.row[static_cast<size_t>(Number(kCountryLengths[i].country_code))] = static_cast<uint8_t>(i + 1);
    countries.lengths[i] = ReadLengths(kCountryLengths[i]);
  }
  return countries;
}

constexpr Countries kCountries = ReadCountries();
static_assert(std::size(kCountryLengths) < 256);

}  // namespace

size_t CountryCodeSize(std::string_view digits) {
  if (digits.empty() || digits[0] == '0') return 0;
  if (digits[0] == '1' || digits[0] == '7') return 1;
  if (digits.size() < kMaxCountryCodeDigits) return 0;
  for (size_t size = 2; size <= kMaxCountryCodeDigits; ++size) {
    if (kCountries.row[static_cast<size_t>(Number(digits.substr(0, size)))] != 0) return size;
  }
  return 0;
}

bool IsInternationalPhone(std::string_view digits) {
  const size_t code_size = CountryCodeSize(digits);
  if (code_size == 0 || digits.size() > kMaxPhoneDigits + 1 || digits.size() <= code_size + 1) return false;
  const size_t row = kCountries.row[static_cast<size_t>(Number(digits.substr(0, code_size)))] - 1u;
  const auto fits = [&](std::string_view national) {
    return (kCountries.lengths[row][static_cast<size_t>(Value(national[0]))] >> national.size() & 1) != 0;
  };
  const std::string_view national = digits.substr(code_size);
  return fits(national) || (national[0] == '0' && fits(national.substr(1)));
}

}  // namespace tokenfoundry::pii
