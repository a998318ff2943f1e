#include "tokenfoundry/pii/validators/de_social_security.h"

#include "tokenfoundry/pii/validators/dates_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsDeSocialSecurity(std::string_view compact) {
  if (!Fits(compact, "99999999A999") || Pair(compact, 0) < 2 || Pair(compact, 0) > 89) return false;
  const int day = Pair(compact, 2);  // 50 higher once a day's serial numbers are used up.
  if (!IsDateOfSomeCentury(Pair(compact, 6), Pair(compact, 4), day > 50 ? day - 50 : day)) return false;
  constexpr int kWeights[] = {2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1};
  const int letter = Value(compact[8]) - 9;  // A counts as 01, Z as 26.
  const int digits[] = {compact[0] - '0', compact[1] - '0', compact[2] - '0', compact[3] - '0',
                        compact[4] - '0', compact[5] - '0', compact[6] - '0', compact[7] - '0',
                        letter / 10,      letter % 10,      compact[9] - '0', compact[10] - '0'};
  int sum = 0;
  for (size_t i = 0; i < std::size(kWeights); ++i) sum += digits[i] * kWeights[i] / 10 + digits[i] * kWeights[i] % 10;
  return sum % 10 == Last(compact);
}

}  // namespace tokenfoundry::pii
