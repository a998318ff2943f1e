// Czech VAT numbers, with or without CZ: act 235/2004. The eight digits of a legal person, a 6 and eight digits, or
// a birth number.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsCzVat(std::string_view compact);

}  // namespace tokenfoundry::pii
