#include "tokenfoundry/pii/validators/it_identity_card.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsItIdentityCard(std::string_view compact) {
  return Fits(compact, "AA99999AA") || Fits(compact, "9999999AA") || Fits(compact, "AA9999999");
}

}  // namespace tokenfoundry::pii
