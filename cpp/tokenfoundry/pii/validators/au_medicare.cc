#include "tokenfoundry/pii/validators/au_medicare.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsAuMedicare(std::string_view compact) {
  constexpr int kWeights[] = {1, 3, 7, 9, 1, 3, 7, 9};
  if (!HasDigits(compact, 10) && !HasDigits(compact, 11)) return false;
  return compact[0] >= '2' && compact[0] <= '6' && compact[9] != '0' &&
         WeightedSum(compact, kWeights) % 10 == compact[8] - '0';
}

}  // namespace tokenfoundry::pii
