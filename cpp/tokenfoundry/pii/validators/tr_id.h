// Turkish identity numbers: law 5490 on population services. Two check digits: of the odd places seven times less
// the even ones, and of the sum of all ten.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsTrId(std::string_view compact);

}  // namespace tokenfoundry::pii
