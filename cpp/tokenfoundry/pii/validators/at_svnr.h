// Austrian social insurance numbers: Dachverband der Sozialversicherungstraeger, Versicherungsnummer. A serial
// number, the check digit, and the day, month and year of birth; months 13 to 15 once a day's serial numbers are
// used up.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsAtSvnr(std::string_view compact);

}  // namespace tokenfoundry::pii
