// Italian VAT numbers (partita IVA), with or without IT: decree of the Ministry of Finance of 23 December 1976.
// Seven digits count, three name the office that issued the number, one is the check digit.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsItVat(std::string_view compact);

}  // namespace tokenfoundry::pii
