#include "tokenfoundry/pii/validators/dk_cvr.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsDkCvr(std::string_view compact) {
  constexpr int kWeights[] = {2, 7, 6, 5, 4, 3, 2, 1};
  const std::string_view digits = Without(compact, "DK");
  return HasDigits(digits, 8) && digits[0] != '0' && WeightedSum(digits, kWeights) % 11 == 0;
}

}  // namespace tokenfoundry::pii
