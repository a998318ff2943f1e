// Litecoin addresses: as Bitcoin's, with versions 0x30 and 0x32 (Litecoin Core, chainparams) and ltc. The old script
// addresses with 3 in front are Bitcoin's too, and found as such.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsLitecoin(std::string_view compact);

}  // namespace tokenfoundry::pii
