// Swiss social insurance numbers (AHV, AVS): Zentrale Ausgleichsstelle. 756 for Switzerland, nine digits, GS1's
// check digit.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsChAhv(std::string_view compact);

}  // namespace tokenfoundry::pii
