#include "tokenfoundry/pii/validators/at_svnr.h"

#include "tokenfoundry/pii/validators/dates_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsAtSvnr(std::string_view compact) {
  constexpr int kWeights[] = {3, 7, 9, 0, 5, 8, 4, 2, 1, 6};
  if (!HasDigits(compact, 10) || compact[0] == '0' || WeightedSum(compact, kWeights) % 11 != compact[3] - '0')
    return false;
  const int month = Pair(compact, 6);
  return IsDateOfSomeCentury(Pair(compact, 8), month > 12 && month < 16 ? 1 : month, Pair(compact, 4));
}

}  // namespace tokenfoundry::pii
