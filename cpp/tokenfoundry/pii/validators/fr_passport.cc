#include "tokenfoundry/pii/validators/fr_passport.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsFrPassport(std::string_view compact) { return Fits(compact, "99AA99999"); }

}  // namespace tokenfoundry::pii
