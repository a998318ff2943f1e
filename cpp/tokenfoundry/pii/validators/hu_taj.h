// Hungarian social security numbers (TAJ): act XX of 1996, annex. The weights 3 and 7 in turn, and a check digit by
// 10.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsHuTaj(std::string_view compact);

}  // namespace tokenfoundry::pii
