// Estonian personal codes: standard EVS 585. Sex and century, year, month, day, serial number, check digit.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsEeIsikukood(std::string_view compact);

}  // namespace tokenfoundry::pii
