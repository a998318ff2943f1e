#include "tokenfoundry/pii/validators/lu_vat.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsLuVat(std::string_view compact) {
  const std::string_view digits = Without(compact, "LU");
  return HasDigits(digits, 8) && Number(digits.substr(0, 6)) % 89 == Pair(digits, 6);
}

}  // namespace tokenfoundry::pii
