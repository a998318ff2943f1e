#include "tokenfoundry/pii/validators/au_abn.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsAuAbn(std::string_view compact) {
  constexpr int kWeights[] = {10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19};
  return HasDigits(compact, 11) && compact[0] != '0' && (WeightedSum(compact, kWeights) - 10) % 89 == 0;
}

}  // namespace tokenfoundry::pii
