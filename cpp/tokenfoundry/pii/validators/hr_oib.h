// Croatian personal numbers (OIB), with or without HR: act on the personal identification number, NN 60/08. ISO/IEC
// 7064 MOD 11,10.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsHrOib(std::string_view compact);

}  // namespace tokenfoundry::pii
