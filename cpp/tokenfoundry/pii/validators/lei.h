// Legal entity identifiers: ISO 17442-1.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsLei(std::string_view compact);

}  // namespace tokenfoundry::pii
