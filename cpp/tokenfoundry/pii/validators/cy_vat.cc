#include "tokenfoundry/pii/validators/cy_vat.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsCyVat(std::string_view compact) {
  constexpr int kOddValues[] = {1, 0, 5, 7, 9, 13, 15, 17, 19, 21};
  const std::string_view number = Without(compact, "CY");
  if (!Fits(number, "99999999A") || number.starts_with("12")) return false;
  int sum = 0;
  for (size_t i = 0; i < 8; ++i) sum += i % 2 == 0 ? kOddValues[number[i] - '0'] : number[i] - '0';
  return ToUpper(number[8]) == static_cast<char>('A' + sum % 26);
}

}  // namespace tokenfoundry::pii
