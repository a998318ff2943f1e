#include "tokenfoundry/pii/validators/pt_nif.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsPtNif(std::string_view compact) {
  constexpr int kWeights[] = {9, 8, 7, 6, 5, 4, 3, 2};
  const std::string_view digits = Without(compact, "PT");
  return HasDigits(digits, 9) && digits[0] != '0' && Complement(WeightedSum(digits, kWeights), 11) % 10 == Last(digits);
}

}  // namespace tokenfoundry::pii
