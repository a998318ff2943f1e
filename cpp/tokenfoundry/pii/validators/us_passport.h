// United States passports: nine digits, or since 2021 a letter and eight digits (Department of State). No check
// digit.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsUsPassport(std::string_view compact);

}  // namespace tokenfoundry::pii
