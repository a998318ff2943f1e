// Payment card numbers: ISO/IEC 7812-1 (Luhn check digit), with the number ranges and lengths that the schemes issue.
#pragma once

#include <cstddef>
#include <string_view>

namespace tokenfoundry::pii {

inline constexpr size_t kMinCardDigits = 12;
inline constexpr size_t kMaxCardDigits = 19;

// Whether `digits` (digits alone) is in the range and of the length of a scheme, and passes Luhn.
bool IsCardNumber(std::string_view digits);

}  // namespace tokenfoundry::pii
