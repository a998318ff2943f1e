#include "tokenfoundry/pii/validators/de_lanr.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsDeLanr(std::string_view compact) {
  constexpr int kWeights[] = {4, 9, 4, 9, 4, 9};
  return HasDigits(compact, 9) && Number(compact.substr(0, 6)) != 0 &&
         Complement(WeightedSum(compact, kWeights), 10) == compact[6] - '0';
}

}  // namespace tokenfoundry::pii
