#include "tokenfoundry/pii/validators/ro_vat.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsRoVat(std::string_view compact) {
  constexpr int kWeights[] = {2, 3, 5, 7, 1, 2, 3, 5, 7};  // Of the digit before the check digit, and on to the left.
  const std::string_view digits = Without(compact, "RO");
  if (digits.size() < 2 || digits.size() > 10 || !AreDigits(digits) || digits[0] == '0') return false;
  int sum = 0;
  for (size_t i = 0; i + 1 < digits.size(); ++i) sum += (digits[digits.size() - 2 - i] - '0') * kWeights[i];
  return sum * 10 % 11 % 10 == Last(digits);
}

}  // namespace tokenfoundry::pii
