// British passports: nine digits, or two letters and seven digits (HM Passport Office). No check digit.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsUkPassport(std::string_view compact);

}  // namespace tokenfoundry::pii
