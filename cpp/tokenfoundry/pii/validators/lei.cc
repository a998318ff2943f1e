#include "tokenfoundry/pii/validators/lei.h"

#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/iso7064_mod_97_10.h"

namespace tokenfoundry::pii {

bool IsLei(std::string_view compact) { return Fits(compact, "******************99") && IsIso7064Mod9710(compact); }

}  // namespace tokenfoundry::pii
