// National telephone plans: which digits a number has when it is dialled inside its country.
//
// `digits` are digits only, from the first that is dialled (the trunk 0 included).
#pragma once

#include <cstddef>
#include <string_view>

namespace tokenfoundry::pii {

// Italy (AGCOM, Piano nazionale di numerazione): mobile networks are 31x to 39x, with 10 digits.
bool HasItalianMobilePrefix(std::string_view digits);
inline constexpr size_t kItalianMobileDigits = 10;

// Digits of the Italian area code at the front, its 0 included (02, 011, 0532), or 0 if none is assigned there.
size_t ItalianAreaCodeSize(std::string_view digits);

// Italian numbers without a geographic area that are dialled as they are: 800, 803, 840, 848, 199, 892...
bool IsItalianService(std::string_view digits);

// Numbers dialled with a trunk 0 in Italy, France, Germany, the United Kingdom, Austria, Switzerland, Belgium or the
// Netherlands. `area` is how many digits are written apart at the front, or 0 if none are.
bool IsTrunkNumber(std::string_view digits, size_t area);

// Such a number of a mobile network.
bool IsTrunkMobile(std::string_view digits);

// Nine digits in Spain (6, 7, 8, 9) and Portugal (2, 3, 9).
bool IsSpanishPhone(std::string_view digits);
bool IsPortuguesePhone(std::string_view digits);

// Ten digits of the North American plan: area code and exchange start with 2 to 9. The fictional area 555 takes any
// exchange.
bool IsNorthAmericanPhone(std::string_view digits);

}  // namespace tokenfoundry::pii
