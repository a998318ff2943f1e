// Hungarian VAT numbers, the first eight digits of the tax number (adoszam), with or without HU: act CL of 2017.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsHuVat(std::string_view compact);

}  // namespace tokenfoundry::pii
