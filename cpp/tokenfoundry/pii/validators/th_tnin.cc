#include "tokenfoundry/pii/validators/th_tnin.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsThTnin(std::string_view compact) {
  constexpr int kWeights[] = {13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2};
  return HasDigits(compact, 13) && compact[0] != '0' && compact[0] != '9' &&
         (11 - WeightedSum(compact, kWeights) % 11) % 10 == Last(compact);
}

}  // namespace tokenfoundry::pii
