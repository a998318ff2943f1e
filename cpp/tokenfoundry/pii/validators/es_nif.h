// Spanish tax numbers of persons: the DNI's eight digits and letter, or K, L, M, seven digits and a letter (Real
// Decreto 1065/2007, articles 19 and 20).
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsEsNif(std::string_view compact);

// The letter that belongs to a number of up to eight digits, upper case.
char EsNifLetter(std::string_view digits);

}  // namespace tokenfoundry::pii
