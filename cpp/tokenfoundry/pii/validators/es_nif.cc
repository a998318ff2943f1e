#include "tokenfoundry/pii/validators/es_nif.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsEsNif(std::string_view compact) {
  if (Fits(compact, "99999999A")) return ToUpper(compact[8]) == EsNifLetter(compact.substr(0, 8));
  return Fits(compact, "A9999999A") && IsOneOf(compact[0], "KLM") &&
         ToUpper(compact[8]) == EsNifLetter(compact.substr(1, 7));
}

char EsNifLetter(std::string_view digits) { return "TRWAGMYFPDXBNJZSQVHLCKE"[Number(digits) % 23]; }

}  // namespace tokenfoundry::pii
