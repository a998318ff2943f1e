// Indian permanent account numbers: Income Tax Department. Three letters, the kind of holder, the name's initial,
// four digits, a letter that is a check by a method not published.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsInPan(std::string_view compact);

}  // namespace tokenfoundry::pii
