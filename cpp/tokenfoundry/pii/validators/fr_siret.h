// French establishment numbers: INSEE, Repertoire Sirene. The company's SIREN and five digits, Luhn over all
// fourteen. La Poste has more offices than Luhn leaves it: but for its head office their digits add up to a multiple
// of five.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsFrSiret(std::string_view compact);

}  // namespace tokenfoundry::pii
