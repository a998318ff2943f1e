#include "tokenfoundry/pii/validators/fi_hetu.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/dates_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsFiHetu(std::string_view compact) {
  if (compact.size() != 10 && compact.size() != 11) return false;
  const std::string_view date = compact.substr(0, 6);
  const std::string_view sign = compact.substr(6, compact.size() - 10);
  const std::string_view number = compact.substr(compact.size() - 4, 3);
  if (!Fits(date, "999999") || !Fits(number, "999") || number < "002" || !AreOneOf(sign, "+-ABCDEFYXWVU")) return false;
  // 900 and above are for tests and for patients without a code; they name nobody.
  if (number[0] == '9') return false;
  const int64_t check = Number(date) * 1000 + Number(number);
  const int century = sign == "+" ? 1800 : sign.empty() || IsOneOf(sign[0], "-YXWVU") ? 1900 : 2000;
  return ToUpper(compact.back()) == "0123456789ABCDEFHJKLMNPRSTUVWXY"[check % 31] &&
         IsDate(century + Pair(date, 4), Pair(date, 2), Pair(date, 0));
}

}  // namespace tokenfoundry::pii
