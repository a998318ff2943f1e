// Maltese VAT numbers, with or without MT: Commissioner for Revenue. A sum by 37.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsMtVat(std::string_view compact);

}  // namespace tokenfoundry::pii
