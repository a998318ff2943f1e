#include "tokenfoundry/pii/validators/it_fiscal_code_temporary.h"

#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/luhn.h"

namespace tokenfoundry::pii {

bool IsItFiscalCodeTemporary(std::string_view compact) {
  return HasDigits(compact, 11) && Number(compact.substr(0, 7)) != 0 && Number(compact.substr(7, 3)) != 0 &&
         IsLuhn(compact);
}

}  // namespace tokenfoundry::pii
