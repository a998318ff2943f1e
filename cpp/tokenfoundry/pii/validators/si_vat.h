// Slovenian VAT numbers, with or without SI: Financna uprava. A check by 11, in which 10 is written 0 and 11 is not
// issued.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsSiVat(std::string_view compact);

}  // namespace tokenfoundry::pii
