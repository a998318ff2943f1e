// Bulgarian personal numbers (EGN): ordinance RD-02-20-9 of 2012 on civil registration. The month is 20 higher for
// 1800, 40 higher for 2000.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsBgEgn(std::string_view compact);

}  // namespace tokenfoundry::pii
