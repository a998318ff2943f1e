#include "tokenfoundry/pii/validators/cz_vat.h"

#include "tokenfoundry/pii/validators/cz_rodne_cislo.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr int kWeights[] = {8, 7, 6, 5, 4, 3, 2};

bool IsLegalPerson(std::string_view digits) {
  const int check = Complement(WeightedSum(digits, kWeights), 11);
  return digits[0] != '9' && (check == 0 ? 1 : check % 10) == Last(digits);
}

// The check digits of what the sum lacks to a multiple of 11, from 0.
bool IsSpecial(std::string_view digits) {
  constexpr int kChecks[] = {8, 8, 7, 6, 5, 4, 3, 2, 1, 0, 9};
  return digits[0] == '6' && kChecks[Complement(WeightedSum(digits.substr(1), kWeights), 11)] == Last(digits);
}

}  // namespace

bool IsCzVat(std::string_view compact) {
  const std::string_view digits = Without(compact, "CZ");
  if (HasDigits(digits, 8)) return IsLegalPerson(digits);
  if (HasDigits(digits, 9) && digits[0] == '6') return IsSpecial(digits);
  return IsCzRodneCislo(digits);
}

}  // namespace tokenfoundry::pii
