#include "tokenfoundry/pii/validators/de_identity_card.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/icao_check_digit.h"

namespace tokenfoundry::pii {
namespace {

// No vowels and nothing that looks like a digit.
bool IsSerial(std::string_view serial) {
  return serial.size() == 9 && IsOneOf(serial[0], "LMNPRTVWXY") && AreOneOf(serial, "CFGHJKLMNPRTVWXYZ0123456789") &&
         std::count_if(serial.begin(), serial.end(), IsDigit) >= 2;
}

}  // namespace

bool IsDeIdentityCard(std::string_view compact) { return IsSerial(compact) || IsDeIdentityCardChecked(compact); }

bool IsDeIdentityCardChecked(std::string_view compact) {
  const std::string_view number = compact.substr(0, 10);
  const bool has_country = compact.size() == 11 && ToUpper(compact[10]) == 'D';
  if (number.size() != 10 || !HasIcaoCheckDigit(number)) return false;
  return (IsSerial(number.substr(0, 9)) && (compact.size() == 10 || has_country)) ||
         (HasDigits(number, 10) && has_country);
}

}  // namespace tokenfoundry::pii
