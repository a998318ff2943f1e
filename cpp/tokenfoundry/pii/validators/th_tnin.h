// Thai identity numbers: Department of Provincial Administration. Thirteen digits, the first 1 to 8, a check digit
// by 11.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsThTnin(std::string_view compact);

}  // namespace tokenfoundry::pii
