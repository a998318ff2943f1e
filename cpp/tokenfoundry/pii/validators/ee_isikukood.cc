#include "tokenfoundry/pii/validators/ee_isikukood.h"

#include "tokenfoundry/pii/validators/baltic_check_digit_internal.h"
#include "tokenfoundry/pii/validators/dates_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsEeIsikukood(std::string_view compact) {
  if (!HasDigits(compact, 11) || compact[0] < '1' || compact[0] > '8') return false;
  const int century = 1800 + (compact[0] - '1') / 2 * 100;
  return IsDate(century + Pair(compact, 1), Pair(compact, 3), Pair(compact, 5)) && HasBalticCheckDigit(compact);
}

}  // namespace tokenfoundry::pii
