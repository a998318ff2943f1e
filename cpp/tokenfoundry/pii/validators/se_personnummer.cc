#include "tokenfoundry/pii/validators/se_personnummer.h"

#include "tokenfoundry/pii/validators/dates_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/luhn.h"

namespace tokenfoundry::pii {

bool IsSePersonnummer(std::string_view compact) {
  if (!HasDigits(compact, 10) && !HasDigits(compact, 12)) return false;
  const std::string_view digits = compact.substr(compact.size() - 10);
  if (compact.size() == 12 && (Pair(compact, 0) < 18 || Pair(compact, 0) > 20)) return false;
  const int century = compact.size() == 12 ? Pair(compact, 0) : 20;  // Of ten digits, 00 was a leap year in 2000.
  const int day = Pair(digits, 4);
  return IsDate(century * 100 + Pair(digits, 0), Pair(digits, 2), day > 60 ? day - 60 : day) && IsLuhn(digits);
}

}  // namespace tokenfoundry::pii
