// British number plates: DVLA INF104. Since 2001 two letters of the office, the half year, three letters; from 1983
// a letter of the year in front, from 1963 behind.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsUkVehicleRegistration(std::string_view compact);

}  // namespace tokenfoundry::pii
