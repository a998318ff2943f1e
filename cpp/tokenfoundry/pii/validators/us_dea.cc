#include "tokenfoundry/pii/validators/us_dea.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsUsDea(std::string_view compact) {
  if (!Fits(compact, "A*9999999") || !IsOneOf(compact[0], "ABCDEFGHJKLMPRSTUX")) return false;
  if (!IsLetter(compact[1]) && compact[1] != '9') return false;
  constexpr int kWeights[] = {1, 2, 1, 2, 1, 2};
  return WeightedSum(compact.substr(2), kWeights) % 10 == Last(compact);
}

}  // namespace tokenfoundry::pii
