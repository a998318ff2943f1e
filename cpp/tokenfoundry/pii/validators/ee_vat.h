// Estonian VAT numbers (KMKR), with or without EE: Maksu- ja Tolliamet. The weights 3, 7, 1.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsEeVat(std::string_view compact);

}  // namespace tokenfoundry::pii
