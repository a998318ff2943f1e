#include "tokenfoundry/pii/validators/nl_btw.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/iso7064_mod_97_10.h"
#include "tokenfoundry/pii/validators/nl_bsn.h"

namespace tokenfoundry::pii {

bool IsNlBtw(std::string_view compact) {
  const std::string_view number = Without(compact, "NL");
  if (!Fits(number, "999999999A99") || ToUpper(number[9]) != 'B' || number.substr(10) == "00") return false;
  if (!HasDigits(number.substr(0, 9), 9)) return false;
  return IsNlBsn(number.substr(0, 9)) || Mod97(number, Mod97("NL")) == 1;
}

}  // namespace tokenfoundry::pii
