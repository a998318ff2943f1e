#include "tokenfoundry/pii/validators/at_uid.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/luhn.h"

namespace tokenfoundry::pii {

bool IsAtUid(std::string_view compact) {
  const std::string_view number = Without(compact, "AT");
  return Fits(number, "A99999999") && ToUpper(number[0]) == 'U' && HasDigits(number.substr(1), 8) &&
         (LuhnSum(number.substr(1, 7)) + Last(number) + 4) % 10 == 0;
}

}  // namespace tokenfoundry::pii
