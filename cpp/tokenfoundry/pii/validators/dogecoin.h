// Dogecoin addresses: Base58Check with versions 0x1e and 0x16 (Dogecoin Core, chainparams).
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsDogecoin(std::string_view compact);

}  // namespace tokenfoundry::pii
