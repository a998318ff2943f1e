// Latvian personal codes: law on the register of natural persons. Day, month, year, century and serial number; since
// 2017 a 32 and digits without meaning. A check digit by 11.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsLvPersonasKods(std::string_view compact);

}  // namespace tokenfoundry::pii
