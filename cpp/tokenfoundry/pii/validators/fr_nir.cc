#include "tokenfoundry/pii/validators/fr_nir.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {
namespace {

// Months 20 to 42 and 50 to 99 stand for a month that is not known, or for births that fill the order of their month.
bool IsMonth(int month) { return (month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50; }

}  // namespace

bool IsFrNir(std::string_view compact) {
  if (!Fits(compact, "999999*99999999") || !IsOneOf(compact[0], "123478") || !IsMonth(Pair(compact, 3))) return false;
  const bool is_corsica = IsLetter(compact[6]);
  if (is_corsica && (compact[5] != '2' || !IsOneOf(compact[6], "AB"))) return false;
  // Corsica's departments 2A and 2B count as 19 and 18.
  const int64_t department = is_corsica ? 19 - (ToUpper(compact[6]) - 'A') : Pair(compact, 5);
  const int64_t number = (Number(compact.substr(0, 5)) * 100 + department) * 1'000'000 + Number(compact.substr(7, 6));
  return 97 - number % 97 == Pair(compact, 13);
}

}  // namespace tokenfoundry::pii
