#include "tokenfoundry/pii/validators/pl_identity_card.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsPlIdentityCard(std::string_view compact) {
  constexpr int kWeights[] = {7, 3, 1, 9, 7, 3, 1, 7, 3};
  return Fits(compact, "AAA999999") && WeightedSum(compact, kWeights) % 10 == 0;
}

}  // namespace tokenfoundry::pii
