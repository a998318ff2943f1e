// Indian Aadhaar numbers: Unique Identification Authority of India. Twelve digits, not 0 or 1 in front, not a
// palindrome; Verhoeff.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsInAadhaar(std::string_view compact);

}  // namespace tokenfoundry::pii
