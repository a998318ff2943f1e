#include "tokenfoundry/pii/validators/dk_cpr.h"

#include "tokenfoundry/pii/validators/dates_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {
namespace {

int CenturyOf(int seventh, int year) {
  if (seventh <= 3) return 1900;
  if (seventh == 4 || seventh == 9) return year <= 36 ? 2000 : 1900;
  return year <= 57 ? 2000 : 1800;
}

}  // namespace

bool IsDkCpr(std::string_view compact) {
  if (!HasDigits(compact, 10)) return false;
  const int year = Pair(compact, 4);
  return IsDate(CenturyOf(compact[6] - '0', year) + year, Pair(compact, 2), Pair(compact, 0));
}

}  // namespace tokenfoundry::pii
