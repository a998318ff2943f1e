// Spanish passports: three letters, or two on older ones, and six digits (Policia Nacional). No check digit.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsEsPassport(std::string_view compact);

}  // namespace tokenfoundry::pii
