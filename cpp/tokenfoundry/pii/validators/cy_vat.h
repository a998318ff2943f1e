// Cypriot VAT numbers, with or without CY: Tax Department, as the European Commission's VIES page gives the form.
// Eight digits and a check letter, which weighs the odd places as the Italian fiscal code does.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsCyVat(std::string_view compact);

}  // namespace tokenfoundry::pii
