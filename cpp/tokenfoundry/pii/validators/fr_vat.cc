#include "tokenfoundry/pii/validators/fr_vat.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/fr_siren.h"

namespace tokenfoundry::pii {
namespace {

constexpr std::string_view kKeys = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";  // Without I and O.

int KeyValue(char c) { return static_cast<int>(kKeys.find(ToUpper(c))); }

}  // namespace

bool IsFrVat(std::string_view compact) {
  const std::string_view number = Without(compact, "FR");
  if (number.size() != 11 || !AreOneOf(number.substr(0, 2), kKeys)) return false;
  const std::string_view siren = number.substr(2);
  if (!HasDigits(siren, 9) || (!siren.starts_with("000") && !IsFrSiren(siren))) return false;
  if (AreDigits(number)) return (Number(siren) * 100 + 12) % 97 == Pair(number, 0);
  const int first = KeyValue(number[0]);
  const int key = first * (IsDigit(number[0]) ? 24 : 34) + KeyValue(number[1]) - (IsDigit(number[0]) ? 10 : 100);
  return (Number(siren) + 1 + key / 11) % 11 == key % 11;
}

}  // namespace tokenfoundry::pii
