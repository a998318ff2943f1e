// Slovak VAT numbers, with or without SK: act 222/2004. A multiple of 11 whose third digit is 2, 3, 4, 7, 8 or 9, or
// a birth number.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsSkVat(std::string_view compact);

}  // namespace tokenfoundry::pii
