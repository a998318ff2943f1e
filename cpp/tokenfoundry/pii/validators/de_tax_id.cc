#include "tokenfoundry/pii/validators/de_tax_id.h"

#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/iso7064_mod_11_10.h"

namespace tokenfoundry::pii {
namespace {

bool RepeatsOneDigit(std::string_view digits) {
  int repeated = 0;
  for (char digit = '0'; digit <= '9'; ++digit) {
    const auto times = std::count(digits.begin(), digits.end(), digit);
    if (times > 3) return false;
    if (times > 1) ++repeated;
  }
  return repeated == 1;
}

}  // namespace

bool IsDeTaxId(std::string_view compact) {
  if (!HasDigits(compact, 11) || compact[0] == '0') return false;
  const std::string_view first = compact.substr(0, 10);
  return RepeatsOneDigit(first) && IsIso7064Mod1110(compact);
}

}  // namespace tokenfoundry::pii
