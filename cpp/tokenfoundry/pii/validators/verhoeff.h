// Verhoeff's check digit: J. Verhoeff, Error Detecting Decimal Codes (Mathematical Centre Tracts 29, 1969). It works
// in the symmetries of a pentagon, whose product does not commute, so swapped neighbours show.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsVerhoeff(std::string_view compact);

}  // namespace tokenfoundry::pii
