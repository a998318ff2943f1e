#include "tokenfoundry/pii/validators/in_aadhaar.h"

#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/verhoeff.h"

namespace tokenfoundry::pii {

bool IsInAadhaar(std::string_view compact) {
  return HasDigits(compact, 12) && compact[0] >= '2' && !std::equal(compact.begin(), compact.end(), compact.rbegin()) &&
         IsVerhoeff(compact);
}

}  // namespace tokenfoundry::pii
