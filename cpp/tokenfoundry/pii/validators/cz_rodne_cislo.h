// Czech and Slovak birth numbers: Czech act 133/2000, section 13, and Slovak act 301/1995. Year, month (50 higher
// for a woman; 20 higher once a day's numbers are used up), day, and a number of three digits until 1953, of four
// with a check by 11 since.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsCzRodneCislo(std::string_view compact);

}  // namespace tokenfoundry::pii
