#include "tokenfoundry/pii/validators/bic.h"

#include "tokenfoundry/pii/validators/countries_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsBic(std::string_view compact) {
  return (Fits(compact, "AAAAAA**") || Fits(compact, "AAAAAA*****")) && IsCountry(compact.substr(4, 2));
}

}  // namespace tokenfoundry::pii
