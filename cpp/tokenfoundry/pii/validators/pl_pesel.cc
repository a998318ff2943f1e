#include "tokenfoundry/pii/validators/pl_pesel.h"

#include "tokenfoundry/pii/validators/dates_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsPlPesel(std::string_view compact) {
  constexpr int kWeights[] = {1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1};
  constexpr int kCenturies[] = {1900, 2000, 2100, 2200, 1800};
  if (!HasDigits(compact, 11) || WeightedSum(compact, kWeights) % 10 != 0) return false;
  const int month = Pair(compact, 2);
  return IsDate(kCenturies[month / 20] + Pair(compact, 0), month % 20, Pair(compact, 4));
}

}  // namespace tokenfoundry::pii
