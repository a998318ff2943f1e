#include "tokenfoundry/pii/validators/icao_check_digit.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool HasIcaoCheckDigit(std::string_view compact) {
  if (compact.size() < 2 || !std::all_of(compact.begin(), compact.end(), IsAlnum) || !IsDigit(compact.back()))
    return false;
  constexpr int kWeights[] = {7, 3, 1};
  int sum = 0;
  for (size_t i = 0; i + 1 < compact.size(); ++i) sum += Value(compact[i]) * kWeights[i % 3];
  return sum % 10 == Last(compact);
}

}  // namespace tokenfoundry::pii
