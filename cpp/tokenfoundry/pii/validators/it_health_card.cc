#include "tokenfoundry/pii/validators/it_health_card.h"

#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/luhn.h"

namespace tokenfoundry::pii {

bool IsItHealthCard(std::string_view compact) {
  return HasDigits(compact, 20) && compact.starts_with("80380") && IsLuhn(compact);
}

}  // namespace tokenfoundry::pii
