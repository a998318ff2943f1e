#include "tokenfoundry/pii/validators/hu_tax_id.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsHuTaxId(std::string_view compact) {
  constexpr int kWeights[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  return HasDigits(compact, 10) && compact[0] == '8' && WeightedSum(compact, kWeights) % 11 == Last(compact);
}

}  // namespace tokenfoundry::pii
