#include "tokenfoundry/pii/validators/lt_vat.h"

#include "tokenfoundry/pii/validators/baltic_check_digit_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsLtVat(std::string_view compact) {
  const std::string_view digits = Without(compact, "LT");
  return (HasDigits(digits, 9) || HasDigits(digits, 12)) && digits[digits.size() - 2] == '1' &&
         HasBalticCheckDigit(digits);
}

}  // namespace tokenfoundry::pii
