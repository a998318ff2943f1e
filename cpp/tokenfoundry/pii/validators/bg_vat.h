// Bulgarian VAT numbers, with or without BG: National Revenue Agency. A legal person's nine digits (BULSTAT), or
// ten: a person's EGN, a foreigner's number, or another payer's.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsBgVat(std::string_view compact);

}  // namespace tokenfoundry::pii
