// TRON addresses: Base58Check with version 0x41 (TRON developer documentation, Account).
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsTron(std::string_view compact);

}  // namespace tokenfoundry::pii
