#include "tokenfoundry/pii/validators/iso7064_mod_11_10.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsIso7064Mod1110(std::string_view compact) {
  if (!HasDigits(compact, compact.size())) return false;
  int check = 5;
  for (const char c : compact) check = ((check == 0 ? 10 : check) * 2 % 11 + (c - '0')) % 10;
  return check == 1;
}

}  // namespace tokenfoundry::pii
