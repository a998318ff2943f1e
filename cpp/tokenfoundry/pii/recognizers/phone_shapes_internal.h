// How people group the digits of a national number, and how much such a grouping tells.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tokenfoundry/pii/recognizers/phone_groups_internal.h"

namespace tokenfoundry::pii {

// What a text must say, besides the digits, for them to be a telephone number; the least first.
enum class PhoneShape : uint8_t {
  kNone,      // Nothing makes it one.
  kLabelled,  // A label at once before it: "Tel.: 512 345 678".
  kBare,      // A word beside it that speaks of telephones.
  kLoose,     // The same, or an ordinary sentence around it.
  kFirm,      // Nothing, unless it is said to be something else.
};

struct NationalPhone {
  PhoneShape shape = PhoneShape::kNone;
  size_t groups = 0;
};

// The most telling reading of the groups from the first on, the longest of those that tell as much.
NationalPhone ReadNationalPhone(const PhoneGroups& groups, bool in_parentheses);

}  // namespace tokenfoundry::pii
