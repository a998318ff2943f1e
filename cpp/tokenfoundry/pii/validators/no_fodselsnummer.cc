#include "tokenfoundry/pii/validators/no_fodselsnummer.h"

#include "tokenfoundry/pii/validators/dates_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {
namespace {

// 0 for a number and a year that were never issued together.
int CenturyOf(int64_t individual, int year) {
  if (individual < 500) return 1900;
  if (individual < 750 && year >= 54) return 1800;
  if (year < 40) return 2000;
  return individual >= 900 ? 1900 : 0;
}

}  // namespace

bool IsNoFodselsnummer(std::string_view compact) {
  constexpr int kFirstWeights[] = {3, 7, 6, 1, 8, 9, 4, 5, 2, 1};
  constexpr int kSecondWeights[] = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1};
  if (!HasDigits(compact, 11) || WeightedSum(compact, kFirstWeights) % 11 != 0) return false;
  const int day = Pair(compact, 0);
  const int month = Pair(compact, 2);
  const int year = Pair(compact, 4);
  const int century = CenturyOf(Number(compact.substr(6, 3)), year);
  return century != 0 && IsDate(century + year, month > 40 ? month - 40 : month, day > 40 ? day - 40 : day) &&
         WeightedSum(compact, kSecondWeights) % 11 == 0;
}

}  // namespace tokenfoundry::pii
