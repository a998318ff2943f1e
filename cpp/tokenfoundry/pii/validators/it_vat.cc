#include "tokenfoundry/pii/validators/it_vat.h"

#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/luhn.h"

namespace tokenfoundry::pii {
namespace {

// The provinces, then the offices of the treasury (120, 121), of San Marino and of taxpayers abroad.
bool IsOffice(int64_t office) {
  return (office >= 1 && office <= 100) || office == 120 || office == 121 || office == 888 || office == 999;
}

}  // namespace

bool IsItVat(std::string_view compact) {
  const std::string_view digits = Without(compact, "IT");
  return HasDigits(digits, 11) && Number(digits.substr(0, 7)) != 0 && IsOffice(Number(digits.substr(7, 3))) &&
         IsLuhn(digits);
}

}  // namespace tokenfoundry::pii
