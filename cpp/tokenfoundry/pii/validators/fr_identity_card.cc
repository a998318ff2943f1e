#include "tokenfoundry/pii/validators/fr_identity_card.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsFrIdentityCard(std::string_view compact) {
  if (HasDigits(compact, 12)) return Pair(compact, 2) >= 1 && Pair(compact, 2) <= 12;
  return Fits(compact, "A*******9") && AreOneOf(compact, "BCDFGHJKLMNPQRSTVWXYZ0123456789") &&
         std::count_if(compact.begin(), compact.end(), IsDigit) >= 2;
}

}  // namespace tokenfoundry::pii
