// Universally unique identifiers: RFC 9562, the 32 hexadecimal digits of versions 1 to 8 in its own variant.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsUuid(std::string_view compact);

}  // namespace tokenfoundry::pii
