#include "tokenfoundry/pii/validators/it_passport.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsItPassport(std::string_view compact) { return Fits(compact, "AA9999999"); }

}  // namespace tokenfoundry::pii
