// Lithuanian VAT numbers, with or without LT: State Tax Inspectorate. Nine digits, or twelve of a payer for a time;
// a 1 before the check digit.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsLtVat(std::string_view compact);

}  // namespace tokenfoundry::pii
