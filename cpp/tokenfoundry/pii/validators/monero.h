// Monero addresses of the main network: Monero documentation, Standard address, Subaddress, Integrated address. A
// network byte, keys (and a payment id), the first four bytes of their Keccak-256; in Base58 by blocks of eight
// bytes.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsMonero(std::string_view compact);

}  // namespace tokenfoundry::pii
