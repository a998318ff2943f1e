// Spanish identity numbers of foreigners: X, Y or Z for a leading 0, 1 or 2, then as the DNI (Orden INT/2058/2008).
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsEsNie(std::string_view compact);

}  // namespace tokenfoundry::pii
