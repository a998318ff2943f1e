#include "tokenfoundry/pii/validators/card.h"

#include <cstdint>

#include "tokenfoundry/pii/validators/luhn.h"

namespace tokenfoundry::pii {
namespace {

constexpr uint32_t Lengths(size_t first, size_t last) {
  uint32_t bits = 0;
  for (size_t length = first; length <= last; ++length) bits |= 1u << length;
  return bits;
}

// First and last value of the leading six digits, and a bit for each length issued there.
struct Range {
  uint32_t first;
  uint32_t last;
  uint32_t lengths;
};

constexpr Range kRanges[] = {
    {222100, 272099, Lengths(16, 16)},                                      // Mastercard, second series
    {300000, 305999, Lengths(14, 14)},                                      // Diners Club
    {309500, 309599, Lengths(14, 14)},                                      // Diners Club
    {340000, 349999, Lengths(15, 15)},                                      // American Express
    {352800, 358999, Lengths(16, 16)},                                      // JCB
    {360000, 369999, Lengths(14, 14)},                                      // Diners Club
    {370000, 379999, Lengths(15, 15)},                                      // American Express
    {380000, 399999, Lengths(14, 14)},                                      // Diners Club
    {400000, 499999, Lengths(13, 13) | Lengths(16, 16) | Lengths(19, 19)},  // Visa
    {501800, 501899, Lengths(12, 19)},                                      // Maestro
    {502000, 502099, Lengths(12, 19)},                                      // Maestro
    {503800, 503899, Lengths(12, 19)},                                      // Maestro
    {510000, 559999, Lengths(16, 16)},                                      // Mastercard
    {589300, 589399, Lengths(12, 19)},                                      // Maestro
    {601100, 601199, Lengths(16, 16)},                                      // Discover
    {620000, 629999, Lengths(16, 19)},  // UnionPay, and Discover's share of its range
    {630400, 630499, Lengths(12, 19)},  // Maestro
    {644000, 659999, Lengths(16, 16)},  // Discover
    {670000, 679999, Lengths(12, 19)},  // Maestro
};

bool IsIssued(std::string_view digits) {
  uint32_t leading = 0;
  for (const char c : digits.substr(0, 6)) leading = leading * 10 + static_cast<uint32_t>(c - '0');
  for (const Range& range : kRanges) {
    if (leading >= range.first && leading <= range.last) return (range.lengths >> digits.size() & 1) != 0;
  }
  return false;
}

// GS1's check digit. Thirteen digits that start with 4 are far more often a German article number than a Visa card.
bool IsArticleNumber(std::string_view digits) {
  if (digits.size() != 13) return false;
  unsigned sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) sum += static_cast<unsigned>(digits[i] - '0') * (i % 2 == 0 ? 1 : 3);
  return sum % 10 == 0;
}

}  // namespace

bool IsCardNumber(std::string_view digits) {
  if (digits.size() < kMinCardDigits || digits.size() > kMaxCardDigits) return false;
  return IsLuhn(digits) && IsIssued(digits) && !IsArticleNumber(digits);
}

}  // namespace tokenfoundry::pii
