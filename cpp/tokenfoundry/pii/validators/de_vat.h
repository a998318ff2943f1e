// German VAT numbers (USt-IdNr), with or without DE: section 27a of the Umsatzsteuergesetz. ISO/IEC 7064 MOD 11,10.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsDeVat(std::string_view compact);

}  // namespace tokenfoundry::pii
