// The numeric Italian tax code, given to bodies without a VAT number and, until theirs is made, to persons: decree
// of the Ministry of Finance of 23 December 1976. It is built as a VAT number is; but any office may issue it, so
// the three digits of the office are not those of a province alone.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsItFiscalCodeTemporary(std::string_view compact);

}  // namespace tokenfoundry::pii
