#include "tokenfoundry/pii/validators/za_id.h"

#include "tokenfoundry/pii/validators/dates_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/luhn.h"

namespace tokenfoundry::pii {

bool IsZaId(std::string_view compact) {
  return HasDigits(compact, 13) && IsDateOfSomeCentury(Pair(compact, 0), Pair(compact, 2), Pair(compact, 4)) &&
         compact[10] <= '1' && IsLuhn(compact);
}

}  // namespace tokenfoundry::pii
