// Polish tax numbers (NIP), with or without PL: act of 13 October 1995 on the registration of taxpayers.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsPlNip(std::string_view compact);

}  // namespace tokenfoundry::pii
