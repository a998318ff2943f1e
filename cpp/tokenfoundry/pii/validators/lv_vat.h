// Latvian VAT numbers, with or without LV: State Revenue Service. A legal person's begin with 4 or more and have a
// check by 11 that leaves 3; a person's is the personal code.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsLvVat(std::string_view compact);

}  // namespace tokenfoundry::pii
