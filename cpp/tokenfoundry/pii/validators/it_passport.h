// Italian passports: two letters and seven digits (Polizia di Stato). No check digit.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsItPassport(std::string_view compact);

}  // namespace tokenfoundry::pii
