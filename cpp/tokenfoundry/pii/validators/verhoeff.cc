#include "tokenfoundry/pii/validators/verhoeff.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {
namespace {

// 0..4 turn the pentagon by that many fifths, 5..9 reflect it first.
constexpr int Product(int a, int b) {
  const int turn = a < 5 ? a + b % 5 : a - b % 5 + 5;
  return turn % 5 + 5 * ((a < 5) != (b < 5));
}

constexpr int kPermutation[] = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};

}  // namespace

bool IsVerhoeff(std::string_view compact) {
  if (!HasDigits(compact, compact.size())) return false;
  int check = 0;
  for (size_t i = 0; i < compact.size(); ++i) {
    int digit = compact[compact.size() - 1 - i] - '0';
    for (size_t times = i % 8; times > 0; --times) digit = kPermutation[digit];
    check = Product(check, digit);
  }
  return check == 0;
}

}  // namespace tokenfoundry::pii
