#include "tokenfoundry/pii/validators/us_routing_number.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsUsRoutingNumber(std::string_view compact) {
  if (!HasDigits(compact, 9)) return false;
  const int district = Pair(compact, 0);  // 20 higher for thrifts, 60 higher for electronic payments; 80 for cheques.
  const bool exists =
      district <= 12 || (district >= 21 && district <= 32) || (district >= 61 && district <= 72) || district == 80;
  constexpr int kWeights[] = {3, 7, 1, 3, 7, 1, 3, 7, 1};
  return exists && WeightedSum(compact, kWeights) % 10 == 0;
}

}  // namespace tokenfoundry::pii
