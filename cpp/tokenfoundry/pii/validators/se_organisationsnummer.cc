#include "tokenfoundry/pii/validators/se_organisationsnummer.h"

#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/luhn.h"

namespace tokenfoundry::pii {

bool IsSeOrganisationsnummer(std::string_view compact) {
  return HasDigits(compact, 10) && compact[0] != '0' && compact[2] >= '2' && IsLuhn(compact);
}

}  // namespace tokenfoundry::pii
