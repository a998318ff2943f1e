// Portuguese tax numbers (NIF, NIPC), with or without PT: Decreto-Lei 14/2013.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsPtNif(std::string_view compact);

}  // namespace tokenfoundry::pii
