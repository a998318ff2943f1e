// Canadian social insurance numbers: Employment and Social Development Canada. Luhn; 0 and 8 are not in front.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsCaSin(std::string_view compact);

}  // namespace tokenfoundry::pii
