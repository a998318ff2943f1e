// Ethereum addresses: 0x and 40 hexadecimal digits, whose letters' case is a checksum (EIP-55).
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

// Whether the case is the checksum's. An address without it, all in one case, passes only by chance.
bool IsEthereum(std::string_view compact);

// Whether it is an address without a checksum: 0x and 40 digits whose letters are of one case.
bool IsEthereumUnchecked(std::string_view compact);

}  // namespace tokenfoundry::pii
