#include "tokenfoundry/pii/validators/de_health_insurance.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsDeHealthInsurance(std::string_view compact) {
  if (!Fits(compact, "A999999999")) return false;
  const int letter = Value(compact[0]) - 9;
  int sum = letter / 10 + letter % 10 * 2 / 10 + letter % 10 * 2 % 10;
  for (size_t i = 1; i < 9; ++i) {
    const int product = (compact[i] - '0') * (i % 2 == 1 ? 1 : 2);
    sum += product / 10 + product % 10;
  }
  return sum % 10 == Last(compact);
}

}  // namespace tokenfoundry::pii
