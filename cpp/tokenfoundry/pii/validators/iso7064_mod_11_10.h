// ISO/IEC 7064 MOD 11,10: digits, the last of which is the check digit.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsIso7064Mod1110(std::string_view compact);

}  // namespace tokenfoundry::pii
