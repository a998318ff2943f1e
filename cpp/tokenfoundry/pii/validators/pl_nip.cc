#include "tokenfoundry/pii/validators/pl_nip.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsPlNip(std::string_view compact) {
  constexpr int kWeights[] = {6, 5, 7, 2, 3, 4, 5, 6, 7};
  const std::string_view digits = Without(compact, "PL");
  return HasDigits(digits, 10) && WeightedSum(digits, kWeights) % 11 == Last(digits);
}

}  // namespace tokenfoundry::pii
