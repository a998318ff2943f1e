// ISO/IEC 7064 MOD 97-10: letters (A is 10) and digits, the last two of which are the check digits.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsIso7064Mod9710(std::string_view compact);

// The remainder by 97 of a number that begins with what left `remainder`. `compact` must be letters and digits.
int Mod97(std::string_view compact, int remainder = 0);

}  // namespace tokenfoundry::pii
