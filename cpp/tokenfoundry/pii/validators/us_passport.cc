#include "tokenfoundry/pii/validators/us_passport.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsUsPassport(std::string_view compact) { return HasDigits(compact, 9) || Fits(compact, "A99999999"); }

}  // namespace tokenfoundry::pii
