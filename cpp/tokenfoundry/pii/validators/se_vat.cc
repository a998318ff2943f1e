#include "tokenfoundry/pii/validators/se_vat.h"

#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/luhn.h"

namespace tokenfoundry::pii {

bool IsSeVat(std::string_view compact) {
  const std::string_view digits = Without(compact, "SE");
  return HasDigits(digits, 12) && digits.ends_with("01") && IsLuhn(digits.substr(0, 10));
}

}  // namespace tokenfoundry::pii
