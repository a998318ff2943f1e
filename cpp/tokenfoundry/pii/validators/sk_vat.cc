#include "tokenfoundry/pii/validators/sk_vat.h"

#include "tokenfoundry/pii/validators/cz_rodne_cislo.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsSkVat(std::string_view compact) {
  const std::string_view digits = Without(compact, "SK");
  if (!HasDigits(digits, 10)) return false;
  return IsCzRodneCislo(digits) || (digits[0] != '0' && IsOneOf(digits[2], "234789") && Number(digits) % 11 == 0);
}

}  // namespace tokenfoundry::pii
