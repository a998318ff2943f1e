// German pension insurance numbers (Rentenversicherungsnummer): section 147 SGB VI, and sections 2 to 4 of the VKVV.
// Area, day, month and year of birth, first letter of the surname at birth, serial number, check digit.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsDeSocialSecurity(std::string_view compact);

}  // namespace tokenfoundry::pii
