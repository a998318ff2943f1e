// Australian business numbers: Australian Business Register, Format of the ABN. Less 1 in the first digit, a sum by
// 89.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsAuAbn(std::string_view compact);

}  // namespace tokenfoundry::pii
