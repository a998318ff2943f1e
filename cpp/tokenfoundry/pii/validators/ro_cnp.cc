#include "tokenfoundry/pii/validators/ro_cnp.h"

#include "tokenfoundry/pii/validators/dates_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {
namespace {

int CenturyOf(char first) {
  if (first == '3' || first == '4') return 1800;
  return first == '5' || first == '6' ? 2000 : 1900;
}

// The counties, Bucharest and its sectors, and the codes of those born or registered elsewhere.
bool IsCounty(int code) {
  return (code >= 1 && code <= 48) || code == 51 || code == 52 || code == 70 || (code >= 80 && code <= 83);
}

}  // namespace

bool IsRoCnp(std::string_view compact) {
  constexpr int kWeights[] = {2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9};
  if (!HasDigits(compact, 13) || compact[0] == '0' || !IsCounty(Pair(compact, 7))) return false;
  const int check = WeightedSum(compact, kWeights) % 11;
  return (check == 10 ? 1 : check) == Last(compact) &&
         IsDate(CenturyOf(compact[0]) + Pair(compact, 1), Pair(compact, 3), Pair(compact, 5));
}

}  // namespace tokenfoundry::pii
