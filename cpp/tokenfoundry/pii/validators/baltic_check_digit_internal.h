// The check digit that Estonia's and Lithuania's registers share: by 11 with the weights 1 to 9 in turn, and if that
// leaves 10, with weights that begin two higher.
#pragma once

#include <string_view>

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

// Whether the last digit is the check digit of those before it. `digits` must be digits.
constexpr bool HasBalticCheckDigit(std::string_view digits) {
  int sum = 0;
  int second_sum = 0;
  for (size_t i = 0; i + 1 < digits.size(); ++i) {
    const int place = static_cast<int>(i);
    sum += (digits[i] - '0') * (place % 9 + 1);
    second_sum += (digits[i] - '0') * ((place + 2) % 9 + 1);
  }
  return (sum % 11 == 10 ? second_sum % 11 % 10 : sum % 11) == Last(digits);
}

}  // namespace tokenfoundry::pii
