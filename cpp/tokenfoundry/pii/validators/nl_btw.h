// Dutch VAT numbers, with or without NL: Belastingdienst, btw-identificatienummer. Nine digits, B and two digits; a
// company's nine are its RSIN under the eleven test, a sole trader's whole number with NL passes ISO/IEC 7064 MOD
// 97-10.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsNlBtw(std::string_view compact);

}  // namespace tokenfoundry::pii
