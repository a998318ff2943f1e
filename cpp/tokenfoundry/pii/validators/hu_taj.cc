#include "tokenfoundry/pii/validators/hu_taj.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsHuTaj(std::string_view compact) {
  constexpr int kWeights[] = {3, 7, 3, 7, 3, 7, 3, 7};
  return HasDigits(compact, 9) && WeightedSum(compact, kWeights) % 10 == Last(compact);
}

}  // namespace tokenfoundry::pii
