#include "tokenfoundry/pii/validators/iso7064_mod_97_10.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsIso7064Mod9710(std::string_view compact) {
  return !compact.empty() && std::all_of(compact.begin(), compact.end(), IsAlnum) && Mod97(compact) == 1;
}

int Mod97(std::string_view compact, int remainder) {
  for (const char c : compact) remainder = (remainder * (IsDigit(c) ? 10 : 100) + Value(c)) % 97;
  return remainder;
}

}  // namespace tokenfoundry::pii
