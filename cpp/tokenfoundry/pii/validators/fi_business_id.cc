#include "tokenfoundry/pii/validators/fi_business_id.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsFiBusinessId(std::string_view compact) {
  constexpr int kWeights[] = {7, 9, 10, 5, 8, 4, 2, 1};
  const std::string_view digits = Without(compact, "FI");
  return HasDigits(digits, 8) && WeightedSum(digits, kWeights) % 11 == 0;
}

}  // namespace tokenfoundry::pii
