#include "tokenfoundry/pii/validators/fr_tax_number.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsFrTaxNumber(std::string_view compact) {
  return HasDigits(compact, 13) && compact[0] <= '3' &&
         Number(compact.substr(0, 10)) % 511 == Number(compact.substr(10));
}

}  // namespace tokenfoundry::pii
