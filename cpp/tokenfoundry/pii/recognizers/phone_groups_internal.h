// A telephone number as it is written: groups of digits and what stands between them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tokenfoundry/pii/validators/phone.h"

namespace tokenfoundry::pii {

enum class PhoneGap : uint8_t {
  kNone,   // The text goes on otherwise.
  kSpace,  // Also the wide spaces.
  kDash,
  kDot,
  kSlash,
  kClose,  // ")", with or without a separator behind it.
  kOpen,   // "(", with or without a separator before it.
  kWide,   // A dash or slash between spaces, "02 - 1234567".
};

struct PhoneGroups {
  static constexpr size_t kMaxGroups = 8;
  static constexpr size_t kMaxDigits = kMaxPhoneDigits + 2;  // Two more for the 00 of the international form.

  std::array<char, kMaxDigits> digits;
  size_t count = 0;                       // Groups.
  std::array<size_t, kMaxGroups> totals;  // Digits up to and with each group, but for a "(0)".
  std::array<size_t, kMaxGroups> ends;    // Byte where each ends.
  std::array<PhoneGap, kMaxGroups> gaps;  // What follows each.
  bool goes_on = false;                   // More digits follow than one number has.

  std::string_view Digits(size_t groups) const { return {digits.data(), totals[groups - 1]}; }
  size_t Size(size_t group) const { return totals[group] - (group == 0 ? 0 : totals[group - 1]); }
};

// The groups from the digit at `start` on, as far as one telephone number can reach.
PhoneGroups ReadPhoneGroups(std::string_view text, size_t start, uint64_t* steps);

// Bytes between two groups of one number at `at`, or 0.
size_t PhoneGapSize(std::string_view text, size_t at, PhoneGap* gap);

// Where the number that ends at `end` ends with its extension: "x123", " ext. 123", " int. 12"; else `end`.
size_t WithExtension(std::string_view text, size_t end, uint64_t* steps);

}  // namespace tokenfoundry::pii
