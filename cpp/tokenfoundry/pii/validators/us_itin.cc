#include "tokenfoundry/pii/validators/us_itin.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsUsItin(std::string_view compact) {
  if (!HasDigits(compact, 9) || compact[0] != '9') return false;
  const int group = Pair(compact, 3);
  return group >= 50 && (group < 66 || group > 69) && group != 89 && group != 93;
}

}  // namespace tokenfoundry::pii
