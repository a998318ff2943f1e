#include "tokenfoundry/pii/validators/kr_rrn.h"

#include "tokenfoundry/pii/validators/dates_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {
namespace {

int CenturyOf(char seventh) {
  if (IsOneOf(seventh, "1256")) return 1900;
  return IsOneOf(seventh, "3478") ? 2000 : 1800;
}

}  // namespace

bool IsKrRrn(std::string_view compact) {
  constexpr int kWeights[] = {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5};
  if (!HasDigits(compact, 13) || Pair(compact, 7) > 96) return false;
  return IsDate(CenturyOf(compact[6]) + Pair(compact, 0), Pair(compact, 2), Pair(compact, 4)) &&
         (11 - WeightedSum(compact, kWeights) % 11) % 10 == Last(compact);
}

}  // namespace tokenfoundry::pii
