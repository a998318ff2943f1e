// French tax numbers of persons (numero fiscal, SPI): Direction generale des finances publiques, as the OECD's page
// on France's tax identification numbers gives it. The last three digits are the remainder of the first ten by 511.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsFrTaxNumber(std::string_view compact);

}  // namespace tokenfoundry::pii
