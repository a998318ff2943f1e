// Greek social security numbers (AMKA): law 3655/2008. Day, month and year of birth, four digits, Luhn.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsGrAmka(std::string_view compact);

}  // namespace tokenfoundry::pii
