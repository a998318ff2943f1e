#include "tokenfoundry/pii/validators/de_fuehrerschein.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsDeFuehrerschein(std::string_view compact) {
  if (!Fits(compact, "A99********") || ToUpper(compact[0]) > 'P') return false;
  constexpr int kWeights[] = {9, 8, 7, 6, 5, 4, 3, 2, 1};
  return ToUpper(compact[9]) == "0123456789X"[WeightedSum(compact, kWeights) % 11];
}

}  // namespace tokenfoundry::pii
