// Keccak-256 with the padding of the competition's submission (2011), which Ethereum and Monero use; FIPS 202's
// SHA3-256 differs from it in one byte of padding.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tokenfoundry::pii {

std::array<uint8_t, 32> Keccak256(std::string_view bytes);

}  // namespace tokenfoundry::pii
