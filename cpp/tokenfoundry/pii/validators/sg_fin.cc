#include "tokenfoundry/pii/validators/sg_fin.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsSgFin(std::string_view compact) {
  constexpr int kWeights[] = {2, 7, 6, 5, 4, 3, 2};
  if (!Fits(compact, "A9999999A")) return false;
  const int sum = WeightedSum(compact.substr(1), kWeights);
  const char check = ToUpper(compact[8]);
  switch (ToUpper(compact[0])) {
    case 'S':
      return check == "JZIHGFEDCBA"[sum % 11];
    case 'T':
      return check == "JZIHGFEDCBA"[(sum + 4) % 11];
    case 'F':
      return check == "XWUTRQPNMLK"[sum % 11];
    case 'G':
      return check == "XWUTRQPNMLK"[(sum + 4) % 11];
    case 'M':
      return check == "XWUTRQPNJLK"[(sum + 3) % 11];
    default:
      return false;
  }
}

}  // namespace tokenfoundry::pii
