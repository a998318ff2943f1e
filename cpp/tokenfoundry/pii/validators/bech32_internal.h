// Addresses of segregated witness: BIP 173 (Bech32, witness version 0) and BIP 350 (Bech32m, versions 1 to 16).
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

// Whether `address` begins with `prefix` (lower case) and 1, and holds a witness program with a right check.
bool IsSegwitAddress(std::string_view address, std::string_view prefix);

}  // namespace tokenfoundry::pii
