#include "tokenfoundry/pii/validators/lv_personas_kods.h"

#include "tokenfoundry/pii/validators/dates_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsLvPersonasKods(std::string_view compact) {
  constexpr int kWeights[] = {10, 5, 8, 4, 2, 1, 6, 3, 7, 9};
  if (!HasDigits(compact, 11) || (WeightedSum(compact, kWeights) + 1) % 11 % 10 != Last(compact)) return false;
  if (compact.starts_with("32")) return true;
  return compact[0] <= '3' &&
         IsDate(1800 + (compact[6] - '0') * 100 + Pair(compact, 4), Pair(compact, 2), Pair(compact, 0));
}

}  // namespace tokenfoundry::pii
