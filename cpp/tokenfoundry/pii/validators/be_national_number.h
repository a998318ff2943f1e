// Belgian national numbers, and the bis numbers of those not in the register: royal decree of 3 April 1984. Year,
// month and day of birth (0 where unknown), order, and what the nine lack to a multiple of 97; a 2 in front for who
// is born from 2000 on. A bis number's month is 20 or 40 higher.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsBeNationalNumber(std::string_view compact);

}  // namespace tokenfoundry::pii
