// Hungarian tax numbers of persons (adoazonosito jel): act CL of 2017, annex 1. An 8, days since 1867, a serial
// number, a check by 11.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsHuTaxId(std::string_view compact);

}  // namespace tokenfoundry::pii
