// United States national provider identifiers: 45 CFR 162.406. Luhn, as if 80840 (health, United States) stood in
// front.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsUsNpi(std::string_view compact);

}  // namespace tokenfoundry::pii
