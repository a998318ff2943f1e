// Luxembourg VAT numbers, with or without LU: Administration de l'enregistrement, des domaines et de la TVA. The
// last two digits are the remainder of the first six by 89.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsLuVat(std::string_view compact);

}  // namespace tokenfoundry::pii
