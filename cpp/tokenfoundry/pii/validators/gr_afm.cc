#include "tokenfoundry/pii/validators/gr_afm.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsGrAfm(std::string_view compact) {
  constexpr int kWeights[] = {256, 128, 64, 32, 16, 8, 4, 2};
  const std::string_view digits = Without(compact, StartsWith(compact, "GR") ? "GR" : "EL");
  return HasDigits(digits, 9) && WeightedSum(digits, kWeights) % 11 % 10 == Last(digits);
}

}  // namespace tokenfoundry::pii
