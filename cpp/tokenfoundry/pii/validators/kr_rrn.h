// South Korean resident registration numbers: Resident Registration Act. Year, month, day of birth, sex and century,
// place, serial number, a check digit by 11, which numbers issued since October 2020 need not have: those are
// refused.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsKrRrn(std::string_view compact);

}  // namespace tokenfoundry::pii
