#include "tokenfoundry/pii/validators/bg_vat.h"

#include "tokenfoundry/pii/validators/bg_egn.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {
namespace {

bool IsBulstat(std::string_view digits) {
  constexpr int kWeights[] = {1, 2, 3, 4, 5, 6, 7, 8};
  constexpr int kSecondWeights[] = {3, 4, 5, 6, 7, 8, 9, 10};
  const int check = WeightedSum(digits, kWeights) % 11;
  return (check == 10 ? WeightedSum(digits, kSecondWeights) % 11 % 10 : check) == Last(digits);
}

bool IsForeigner(std::string_view digits) {
  constexpr int kWeights[] = {21, 19, 17, 13, 11, 9, 7, 3, 1};
  return WeightedSum(digits, kWeights) % 10 == Last(digits);
}

bool IsOther(std::string_view digits) {
  constexpr int kWeights[] = {4, 3, 2, 7, 6, 5, 4, 3, 2};
  return Complement(WeightedSum(digits, kWeights), 11) == Last(digits);
}

}  // namespace

bool IsBgVat(std::string_view compact) {
  const std::string_view digits = Without(compact, "BG");
  if (HasDigits(digits, 9)) return IsBulstat(digits);
  return HasDigits(digits, 10) && (IsBgEgn(digits) || IsForeigner(digits) || IsOther(digits));
}

}  // namespace tokenfoundry::pii
