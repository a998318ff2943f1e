#include "tokenfoundry/pii/validators/ca_sin.h"

#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/luhn.h"

namespace tokenfoundry::pii {

bool IsCaSin(std::string_view compact) {
  return HasDigits(compact, 9) && compact[0] != '0' && compact[0] != '8' && IsLuhn(compact);
}

}  // namespace tokenfoundry::pii
