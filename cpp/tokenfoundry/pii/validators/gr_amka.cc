#include "tokenfoundry/pii/validators/gr_amka.h"

#include "tokenfoundry/pii/validators/dates_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/luhn.h"

namespace tokenfoundry::pii {

bool IsGrAmka(std::string_view compact) {
  return HasDigits(compact, 11) && IsDateOfSomeCentury(Pair(compact, 4), Pair(compact, 2), Pair(compact, 0)) &&
         IsLuhn(compact);
}

}  // namespace tokenfoundry::pii
