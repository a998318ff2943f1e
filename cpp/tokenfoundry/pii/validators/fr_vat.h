// French VAT numbers, with or without FR: Code general des impots, article 286 ter. Two characters and the SIREN;
// two digits are (12 + 3 x SIREN) by 97, and newer keys with a letter are a number of their own by 11. Monaco's
// begin with 000 and have no SIREN.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsFrVat(std::string_view compact);

}  // namespace tokenfoundry::pii
