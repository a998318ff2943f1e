#include "tokenfoundry/pii/validators/tr_id.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsTrId(std::string_view compact) {
  constexpr int kWeights[] = {7, 9, 7, 9, 7, 9, 7, 9, 7};  // 9 is -1 by 10.
  return HasDigits(compact, 11) && compact[0] != '0' && WeightedSum(compact, kWeights) % 10 == compact[9] - '0' &&
         Sum(compact.substr(0, 10)) % 10 == Last(compact);
}

}  // namespace tokenfoundry::pii
