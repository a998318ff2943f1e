#include "tokenfoundry/pii/validators/fr_siret.h"

#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/fr_siren.h"
#include "tokenfoundry/pii/validators/luhn.h"

namespace tokenfoundry::pii {

bool IsFrSiret(std::string_view compact) {
  if (!HasDigits(compact, 14) || !IsFrSiren(compact.substr(0, 9))) return false;
  const bool is_post_office = compact.starts_with("356000000") && compact != "35600000000048";
  return is_post_office ? Sum(compact) % 5 == 0 : IsLuhn(compact);
}

}  // namespace tokenfoundry::pii
