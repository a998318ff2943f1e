// The Italian tax code of a person: decree of the Ministry of Finance of 23 December 1976, with the substitutions
// (omocodia) that tell two persons with one code apart.
#pragma once

#include <cstddef>
#include <string_view>

namespace tokenfoundry::pii {

inline constexpr size_t kFiscalCodeSize = 16;

// Whether `code` (16 letters and digits, any case) has the form, a day that its month has, and the right check letter.
bool IsFiscalCode(std::string_view code);

// Whether a digit's place holds one of the letters that stand for digits.
bool HasOmocodia(std::string_view code);

// The check letter of the first 15 characters, upper case. `first` must be 15 letters and digits.
char FiscalCodeCheck(std::string_view first);

}  // namespace tokenfoundry::pii
