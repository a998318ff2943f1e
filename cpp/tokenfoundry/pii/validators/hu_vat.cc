#include "tokenfoundry/pii/validators/hu_vat.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsHuVat(std::string_view compact) {
  constexpr int kWeights[] = {9, 7, 3, 1, 9, 7, 3, 1};
  const std::string_view digits = Without(compact, "HU");
  return HasDigits(digits, 8) && WeightedSum(digits, kWeights) % 10 == 0;
}

}  // namespace tokenfoundry::pii
