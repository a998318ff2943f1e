// German physicians' numbers (LANR): KBV directive on section 75 (7) SGB V. Six digits, their check digit, two of
// the speciality.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsDeLanr(std::string_view compact);

}  // namespace tokenfoundry::pii
