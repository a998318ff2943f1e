// French identity cards (Agence nationale des titres securises): until 2021 twelve digits that begin with the year
// and month of issue; since then nine letters and digits without vowels, a letter first and a digit last. No check
// digit on the card.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsFrIdentityCard(std::string_view compact);

}  // namespace tokenfoundry::pii
