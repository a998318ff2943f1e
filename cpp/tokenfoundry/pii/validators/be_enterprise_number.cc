#include "tokenfoundry/pii/validators/be_enterprise_number.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsBeEnterpriseNumber(std::string_view compact) {
  const std::string_view digits = Without(compact, "BE");
  return HasDigits(digits, 10) && digits[0] <= '1' && (Number(digits.substr(0, 8)) + Pair(digits, 8)) % 97 == 0;
}

}  // namespace tokenfoundry::pii
