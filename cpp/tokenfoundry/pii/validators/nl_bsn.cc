#include "tokenfoundry/pii/validators/nl_bsn.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsNlBsn(std::string_view compact) {
  constexpr int kWeights[] = {9, 8, 7, 6, 5, 4, 3, 2};
  constexpr int kShortWeights[] = {8, 7, 6, 5, 4, 3, 2};
  if (HasDigits(compact, 8)) return WeightedSum(compact, kShortWeights) % 11 == Last(compact);
  return HasDigits(compact, 9) && WeightedSum(compact, kWeights) % 11 == Last(compact);
}

}  // namespace tokenfoundry::pii
