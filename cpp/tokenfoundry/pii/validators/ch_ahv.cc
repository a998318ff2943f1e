#include "tokenfoundry/pii/validators/ch_ahv.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsChAhv(std::string_view compact) {
  constexpr int kWeights[] = {1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1};
  return HasDigits(compact, 13) && compact.starts_with("756") && WeightedSum(compact, kWeights) % 10 == 0;
}

}  // namespace tokenfoundry::pii
