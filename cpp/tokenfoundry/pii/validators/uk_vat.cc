#include "tokenfoundry/pii/validators/uk_vat.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsUkVat(std::string_view compact) {
  constexpr int kWeights[] = {8, 7, 6, 5, 4, 3, 2, 10, 1};
  const std::string_view number = Without(compact, StartsWith(compact, "XI") ? "XI" : "GB");
  if (Fits(number, "AA999")) return StartsWith(number, Number(number.substr(2)) < 500 ? "GD" : "HA");
  if (number.size() != 9 && number.size() != 12) return false;
  if (!AreDigits(number) || !HasDigits(number.substr(0, 9), 9)) return false;
  const int remainder = WeightedSum(number, kWeights) % 97;
  return remainder == 0 || (Number(number.substr(0, 3)) >= 100 && (remainder == 42 || remainder == 55));
}

}  // namespace tokenfoundry::pii
