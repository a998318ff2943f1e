// South African identity numbers: Identification Act 68 of 1997. Year, month, day of birth, serial number,
// citizenship, a digit, Luhn.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsZaId(std::string_view compact);

}  // namespace tokenfoundry::pii
