// Bitcoin addresses of the main network: Base58Check with version 0 or 5 (Bitcoin Wiki, List of address prefixes),
// and segregated witness with bc (BIP 173, BIP 350).
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsBitcoin(std::string_view compact);

}  // namespace tokenfoundry::pii
