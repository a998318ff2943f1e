#include "tokenfoundry/pii/validators/de_vat.h"

#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/iso7064_mod_11_10.h"

namespace tokenfoundry::pii {

bool IsDeVat(std::string_view compact) {
  const std::string_view digits = Without(compact, "DE");
  return HasDigits(digits, 9) && digits[0] != '0' && IsIso7064Mod1110(digits);
}

}  // namespace tokenfoundry::pii
