#include "tokenfoundry/pii/validators/de_tax_number.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {
namespace {

// Bavaria and North Rhine-Westphalia are known by one digit.
constexpr std::string_view kAdministrations[] = {"10", "11", "21", "22", "23", "24", "26", "27",
                                                 "28", "30", "31", "32", "40", "41", "5",  "9"};

}  // namespace

bool IsDeTaxNumber(std::string_view compact) {
  if (HasDigits(compact, 10) || HasDigits(compact, 11)) return true;
  return HasDigits(compact, 13) && compact[4] == '0' &&
         std::any_of(std::begin(kAdministrations), std::end(kAdministrations),
                     [&](std::string_view administration) { return compact.starts_with(administration); });
}

}  // namespace tokenfoundry::pii
