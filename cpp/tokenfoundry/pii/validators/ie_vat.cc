#include "tokenfoundry/pii/validators/ie_vat.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr std::string_view kLetters = "WABCDEFGHIJKLMNOPQRSTUV";

}  // namespace

bool IsIeVat(std::string_view compact) {
  const std::string_view number = Without(compact, "IE");
  if (number.size() != 8 && number.size() != 9) return false;
  if (!IsDigit(number[0]) || !AreDigits(number.substr(2, 5)) || !AreOneOf(number.substr(7), kLetters)) return false;
  constexpr int kWeights[] = {8, 7, 6, 5, 4, 3, 2};
  constexpr int kOldWeights[] = {7, 6, 5, 4, 3};  // Of the third to the seventh digit.
  int sum = 0;
  if (IsDigit(number[1])) {
    sum = WeightedSum(number, kWeights);
    if (number.size() == 9) sum += 9 * static_cast<int>(kLetters.find(ToUpper(number[8])));
  } else {
    if (number.size() != 8 || (!IsLetter(number[1]) && number[1] != '+' && number[1] != '*')) return false;
    sum = WeightedSum(number.substr(2), kOldWeights) + 2 * (number[0] - '0');
  }
  return ToUpper(number[7]) == kLetters[static_cast<size_t>(sum % 23)];
}

}  // namespace tokenfoundry::pii
