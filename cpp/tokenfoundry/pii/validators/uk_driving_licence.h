// British driving licences: DVLA, driver number. Five letters of the surname (filled with 9), the decade of birth,
// month (50 higher for a woman), day, year, two initials or 9, three check characters, and the issue number where it
// is given.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsUkDrivingLicence(std::string_view compact);

}  // namespace tokenfoundry::pii
