#include "tokenfoundry/pii/validators/hr_oib.h"

#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/iso7064_mod_11_10.h"

namespace tokenfoundry::pii {

bool IsHrOib(std::string_view compact) {
  const std::string_view digits = Without(compact, "HR");
  return HasDigits(digits, 11) && IsIso7064Mod1110(digits);
}

}  // namespace tokenfoundry::pii
