// German tax numbers (Steuernummer) in their forms: the ten or eleven digits of a Land, or the unified thirteen,
// which begin with the Land's tax administration and hold a 0 in the fifth place (ELSTER, Pruefung der Steuer- und
// Steueridentifikationsnummer). The Laender's check digits are not tested: the unified form hides which of a Land's
// methods made one.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsDeTaxNumber(std::string_view compact);

}  // namespace tokenfoundry::pii
