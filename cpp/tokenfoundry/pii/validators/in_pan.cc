#include "tokenfoundry/pii/validators/in_pan.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsInPan(std::string_view compact) {
  return Fits(compact, "AAAAA9999A") && IsOneOf(compact[3], "ABCFGHJKLPT") && compact.substr(5, 4) != "0000";
}

}  // namespace tokenfoundry::pii
