#include "tokenfoundry/pii/validators/au_tfn.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsAuTfn(std::string_view compact) {
  constexpr int kWeights[] = {1, 4, 3, 7, 5, 8, 6, 9, 10};
  constexpr int kShortWeights[] = {1, 4, 3, 7, 5, 8, 6, 9};
  if (HasDigits(compact, 8)) return WeightedSum(compact, kShortWeights) % 11 == 0;
  return HasDigits(compact, 9) && WeightedSum(compact, kWeights) % 11 == 0;
}

}  // namespace tokenfoundry::pii
