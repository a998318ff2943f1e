// French passports: two digits, two letters, five digits (Agence nationale des titres securises). No check digit.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsFrPassport(std::string_view compact);

}  // namespace tokenfoundry::pii
