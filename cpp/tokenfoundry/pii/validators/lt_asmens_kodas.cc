#include "tokenfoundry/pii/validators/lt_asmens_kodas.h"

#include "tokenfoundry/pii/validators/baltic_check_digit_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/ee_isikukood.h"

namespace tokenfoundry::pii {

bool IsLtAsmensKodas(std::string_view compact) {
  if (HasDigits(compact, 11) && compact[0] == '9') return HasBalticCheckDigit(compact);
  return IsEeIsikukood(compact);
}

}  // namespace tokenfoundry::pii
