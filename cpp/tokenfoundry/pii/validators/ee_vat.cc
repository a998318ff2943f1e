#include "tokenfoundry/pii/validators/ee_vat.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsEeVat(std::string_view compact) {
  constexpr int kWeights[] = {3, 7, 1, 3, 7, 1, 3, 7, 1};
  const std::string_view digits = Without(compact, "EE");
  return HasDigits(digits, 9) && WeightedSum(digits, kWeights) % 10 == 0;
}

}  // namespace tokenfoundry::pii
