#include "tokenfoundry/pii/validators/lv_vat.h"

#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/lv_personas_kods.h"

namespace tokenfoundry::pii {

bool IsLvVat(std::string_view compact) {
  constexpr int kWeights[] = {9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1};
  const std::string_view digits = Without(compact, "LV");
  if (!HasDigits(digits, 11)) return false;
  return digits[0] > '3' ? WeightedSum(digits, kWeights) % 11 == 3 : IsLvPersonasKods(digits);
}

}  // namespace tokenfoundry::pii
