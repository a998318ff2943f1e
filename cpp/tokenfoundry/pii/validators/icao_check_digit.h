// The check digit of machine readable travel documents: ICAO Doc 9303, part 3, section 4.9.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

// Whether the last character is the check digit of those before it.
bool HasIcaoCheckDigit(std::string_view compact);

}  // namespace tokenfoundry::pii
