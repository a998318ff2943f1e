#include "tokenfoundry/pii/validators/luhn.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsLuhn(std::string_view compact) { return HasDigits(compact, compact.size()) && LuhnSum(compact) % 10 == 0; }

int LuhnSum(std::string_view digits, size_t places) {
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const int value = (digits[digits.size() - 1 - i] - '0') << ((i + places) % 2);
    sum += value > 9 ? value - 9 : value;
  }
  return sum;
}

}  // namespace tokenfoundry::pii
