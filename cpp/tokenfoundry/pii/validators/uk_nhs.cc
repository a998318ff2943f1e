#include "tokenfoundry/pii/validators/uk_nhs.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsUkNhs(std::string_view compact) {
  constexpr int kWeights[] = {10, 9, 8, 7, 6, 5, 4, 3, 2, 1};
  return HasDigits(compact, 10) && WeightedSum(compact, kWeights) % 11 == 0;
}

}  // namespace tokenfoundry::pii
