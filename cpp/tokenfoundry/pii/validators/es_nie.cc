#include "tokenfoundry/pii/validators/es_nie.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/es_nif.h"

namespace tokenfoundry::pii {

bool IsEsNie(std::string_view compact) {
  if (!Fits(compact, "A9999999A") || !IsOneOf(compact[0], "XYZ")) return false;
  char digits[8];
  digits[0] = static_cast<char>('0' + (ToUpper(compact[0]) - 'X'));
  std::copy(compact.begin() + 1, compact.begin() + 8, digits + 1);
  return ToUpper(compact[8]) == EsNifLetter({digits, sizeof(digits)});
}

}  // namespace tokenfoundry::pii
