#include "tokenfoundry/pii/validators/us_mbi.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsUsMbi(std::string_view compact) {
  return Fits(compact, "9A*9A*9AA99") && compact[0] != '0' && AreOneOf(compact, "ACDEFGHJKMNPQRTUVWXY0123456789");
}

}  // namespace tokenfoundry::pii
