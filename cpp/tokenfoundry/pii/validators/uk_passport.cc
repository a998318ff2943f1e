#include "tokenfoundry/pii/validators/uk_passport.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsUkPassport(std::string_view compact) { return HasDigits(compact, 9) || Fits(compact, "AA9999999"); }

}  // namespace tokenfoundry::pii
