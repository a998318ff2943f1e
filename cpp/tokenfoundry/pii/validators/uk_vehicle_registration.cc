#include "tokenfoundry/pii/validators/uk_vehicle_registration.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {
namespace {

bool AreLetters(std::string_view text, std::string_view never) {
  return std::all_of(text.begin(), text.end(), [never](char c) { return IsLetter(c) && !IsOneOf(c, never); });
}

// One to three digits without a leading zero.
bool IsSerial(std::string_view digits) {
  return !digits.empty() && digits.size() <= 3 && AreDigits(digits) && digits[0] != '0';
}

// Half years are counted from March (02 is 2002) and from September (50 higher).
bool IsHalfYear(int number) { return (number >= 2 && number <= 49) || (number >= 51 && number <= 99); }

}  // namespace

bool IsUkVehicleRegistration(std::string_view compact) {
  if (compact.size() < 5 || compact.size() > 7) return false;
  const std::string_view last = compact.substr(compact.size() - 3);
  if (Fits(compact, "AA99AAA")) {
    return AreLetters(compact.substr(0, 2), "IQZ") && IsHalfYear(Pair(compact, 2)) && AreLetters(last, "IQ");
  }
  const std::string_view between = compact.substr(1, compact.size() - 4);
  if (IsSerial(between)) return AreLetters(compact.substr(0, 1), "IOQUZ") && AreLetters(last, "IQZ");
  return AreLetters(compact.substr(0, 3), "IQZ") && IsSerial(compact.substr(3, compact.size() - 4)) &&
         AreLetters(compact.substr(compact.size() - 1), "IOQUZ");
}

}  // namespace tokenfoundry::pii
