// Finnish business identity codes (Y-tunnus), and VAT numbers, with or without FI: act 244/2001. A check digit by
// 11.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsFiBusinessId(std::string_view compact);

}  // namespace tokenfoundry::pii
