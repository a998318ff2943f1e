#include "tokenfoundry/pii/validators/it_driver_license.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsItDriverLicense(std::string_view compact) {
  if (Fits(compact, "AA9999999A")) return true;
  return Fits(compact, "A9*******A") && StartsWith(compact, "U1") &&
         AreOneOf(compact.substr(2, 7), "BCDEFGHJKLMNPRSTUWXYZ0123456789");
}

}  // namespace tokenfoundry::pii
