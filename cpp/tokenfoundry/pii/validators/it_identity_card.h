// Italian identity cards: the electronic one (CA00000AA), the one before it (0000000AA), and paper (AA0000000):
// Ministry of the Interior, Carta d'identita elettronica. No check digit.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsItIdentityCard(std::string_view compact);

}  // namespace tokenfoundry::pii
