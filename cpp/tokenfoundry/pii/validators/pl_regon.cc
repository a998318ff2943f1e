#include "tokenfoundry/pii/validators/pl_regon.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsPlRegon(std::string_view compact) {
  constexpr int kWeights[] = {8, 9, 2, 3, 4, 5, 6, 7};
  constexpr int kLocalWeights[] = {2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8};
  if (HasDigits(compact, 9)) return WeightedSum(compact, kWeights) % 11 % 10 == Last(compact);
  return HasDigits(compact, 14) && IsPlRegon(compact.substr(0, 9)) &&
         WeightedSum(compact, kLocalWeights) % 11 % 10 == Last(compact);
}

}  // namespace tokenfoundry::pii
