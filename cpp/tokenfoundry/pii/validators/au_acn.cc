#include "tokenfoundry/pii/validators/au_acn.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsAuAcn(std::string_view compact) {
  constexpr int kWeights[] = {8, 7, 6, 5, 4, 3, 2, 1};
  return HasDigits(compact, 9) && Complement(WeightedSum(compact, kWeights), 10) == Last(compact);
}

}  // namespace tokenfoundry::pii
