// French company numbers: INSEE, Repertoire Sirene. Nine digits under Luhn.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsFrSiren(std::string_view compact);

}  // namespace tokenfoundry::pii
