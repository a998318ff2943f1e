#include "tokenfoundry/pii/validators/bg_egn.h"

#include "tokenfoundry/pii/validators/dates_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsBgEgn(std::string_view compact) {
  constexpr int kWeights[] = {2, 4, 8, 5, 10, 9, 7, 3, 6};
  if (!HasDigits(compact, 10) || WeightedSum(compact, kWeights) % 11 % 10 != Last(compact)) return false;
  const int month = Pair(compact, 2);
  const int century = month > 40 ? 2000 : month > 20 ? 1800 : 1900;
  return IsDate(century + Pair(compact, 0),
                month > 40   ? month - 40
                : month > 20 ? month - 20
                             : month,
                Pair(compact, 4));
}

}  // namespace tokenfoundry::pii
