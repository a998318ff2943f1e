#include "tokenfoundry/pii/validators/fr_siren.h"

#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/luhn.h"

namespace tokenfoundry::pii {

bool IsFrSiren(std::string_view compact) { return HasDigits(compact, 9) && IsLuhn(compact); }

}  // namespace tokenfoundry::pii
