#include "tokenfoundry/pii/validators/si_vat.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsSiVat(std::string_view compact) {
  constexpr int kWeights[] = {8, 7, 6, 5, 4, 3, 2};
  const std::string_view digits = Without(compact, "SI");
  if (!HasDigits(digits, 8) || digits[0] == '0') return false;
  const int remainder = WeightedSum(digits, kWeights) % 11;
  return remainder != 0 && (11 - remainder) % 10 == Last(digits);
}

}  // namespace tokenfoundry::pii
