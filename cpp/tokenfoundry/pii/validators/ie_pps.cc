#include "tokenfoundry/pii/validators/ie_pps.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsIePps(std::string_view compact) {
  if (!Fits(compact, "9999999A") && !Fits(compact, "9999999AA")) return false;
  if (compact.size() == 9 && !IsOneOf(compact[8], "ABHWTX")) return false;
  constexpr int kWeights[] = {8, 7, 6, 5, 4, 3, 2};
  const int second = compact.size() == 9 && IsOneOf(compact[8], "ABH") ? Value(compact[8]) - 9 : 0;
  return HasDigits(compact.substr(0, 7), 7) &&
         ToUpper(compact[7]) == "WABCDEFGHIJKLMNOPQRSTUV"[(WeightedSum(compact, kWeights) + 9 * second) % 23];
}

}  // namespace tokenfoundry::pii
