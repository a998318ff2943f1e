#include "tokenfoundry/pii/validators/de_passport.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/icao_check_digit.h"

namespace tokenfoundry::pii {
namespace {

// No vowels and nothing that looks like a digit.
bool IsSerial(std::string_view serial) {
  return serial.size() == 9 && IsOneOf(serial[0], "CFGHJK") && AreOneOf(serial, "CFGHJKLMNPRTVWXYZ0123456789") &&
         std::count_if(serial.begin(), serial.end(), IsDigit) >= 2;
}

}  // namespace

bool IsDePassport(std::string_view compact) { return IsSerial(compact) || IsDePassportChecked(compact); }

bool IsDePassportChecked(std::string_view compact) {
  if (compact.size() == 11 && ToUpper(compact[10]) == 'D') compact.remove_suffix(1);
  return compact.size() == 10 && IsSerial(compact.substr(0, 9)) && HasIcaoCheckDigit(compact);
}

}  // namespace tokenfoundry::pii
