#include "tokenfoundry/pii/validators/cz_rodne_cislo.h"

#include "tokenfoundry/pii/validators/dates_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsCzRodneCislo(std::string_view compact) {
  if (!HasDigits(compact, 9) && !HasDigits(compact, 10)) return false;
  const int two_digit_year = Pair(compact, 0);
  const bool is_long = compact.size() == 10;
  if (!is_long && two_digit_year > 53 && two_digit_year < 80) return false;  // Before 1954, so 80 is 1880.
  const int century = is_long ? (two_digit_year < 54 ? 2000 : 1900) : (two_digit_year < 54 ? 1900 : 1800);
  if (!IsDate(century + two_digit_year, Pair(compact, 2) % 50 % 20, Pair(compact, 4))) return false;
  return !is_long || Number(compact.substr(0, 9)) % 11 % 10 == Last(compact);
}

}  // namespace tokenfoundry::pii
