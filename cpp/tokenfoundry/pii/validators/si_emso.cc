#include "tokenfoundry/pii/validators/si_emso.h"

#include "tokenfoundry/pii/validators/dates_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsSiEmso(std::string_view compact) {
  constexpr int kWeights[] = {7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
  if (!HasDigits(compact, 13) || Complement(WeightedSum(compact, kWeights), 11) % 10 != Last(compact)) return false;
  const int year = static_cast<int>(Number(compact.substr(4, 3)));
  return IsDate(year < 800 ? 2000 + year : 1000 + year, Pair(compact, 2), Pair(compact, 0));
}

}  // namespace tokenfoundry::pii
