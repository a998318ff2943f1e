// Slovenian personal numbers (EMSO), and the JMBG of the other states of former Yugoslavia: law ZCRP. Day, month,
// three digits of the year, region, serial number, check digit.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsSiEmso(std::string_view compact);

}  // namespace tokenfoundry::pii
