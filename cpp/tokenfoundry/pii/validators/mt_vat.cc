#include "tokenfoundry/pii/validators/mt_vat.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsMtVat(std::string_view compact) {
  constexpr int kWeights[] = {3, 4, 6, 7, 8, 9};
  const std::string_view digits = Without(compact, "MT");
  return HasDigits(digits, 8) && digits[0] != '0' && (WeightedSum(digits, kWeights) + Pair(digits, 6)) % 37 == 0;
}

}  // namespace tokenfoundry::pii
