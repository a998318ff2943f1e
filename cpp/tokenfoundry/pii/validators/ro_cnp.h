// Romanian personal numbers (CNP): law 105/1996, and the method of the Directorate for Persons Record. Sex and
// century, year, month, day, county, serial number, check digit by 11 (10 is written 1).
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsRoCnp(std::string_view compact);

}  // namespace tokenfoundry::pii
