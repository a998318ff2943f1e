// The Luhn check digit: ISO/IEC 7812-1, annex B (US patent 2,950,048).
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsLuhn(std::string_view compact);

// Luhn's sum of digits that `places` more will follow: a whole number's is a multiple of ten. `digits` must be digits.
int LuhnSum(std::string_view digits, size_t places = 0);

}  // namespace tokenfoundry::pii
