#include "tokenfoundry/pii/validators/es_passport.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsEsPassport(std::string_view compact) { return Fits(compact, "AAA999999") || Fits(compact, "AA999999"); }

}  // namespace tokenfoundry::pii
