#include "tokenfoundry/pii/validators/us_npi.h"

#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/luhn.h"

namespace tokenfoundry::pii {

bool IsUsNpi(std::string_view compact) {
  const int of_the_prefix = LuhnSum("80840", 10);
  return HasDigits(compact, 10) && (compact[0] == '1' || compact[0] == '2') &&
         (of_the_prefix + LuhnSum(compact)) % 10 == 0;
}

}  // namespace tokenfoundry::pii
