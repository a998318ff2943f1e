// British NHS numbers: NHS Data Dictionary, NHS NUMBER. Ten digits, the weights 10 to 2 and a check digit by 11.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsUkNhs(std::string_view compact);

}  // namespace tokenfoundry::pii
