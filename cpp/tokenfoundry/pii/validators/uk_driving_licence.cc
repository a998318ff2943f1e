#include "tokenfoundry/pii/validators/uk_driving_licence.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/validators/dates_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {
namespace {

// Letters, and 9 for each that is missing.
bool IsFilled(std::string_view text) {
  const size_t letters = std::min(text.find('9'), text.size());
  return std::all_of(text.begin(), text.begin() + letters, IsLetter) &&
         text.find_first_not_of('9', letters) == std::string_view::npos;
}

}  // namespace

bool IsUkDrivingLicence(std::string_view compact) {
  if (!Fits(compact, "A****999999***AA") && !Fits(compact, "A****999999***AA99")) return false;
  if (!IsFilled(compact.substr(0, 5)) || !IsFilled(compact.substr(11, 2))) return false;
  const int year = (compact[5] - '0') * 10 + (compact[10] - '0');
  const int month = Pair(compact, 6);
  return IsDateOfSomeCentury(year, month > 50 ? month - 50 : month, Pair(compact, 8));
}

}  // namespace tokenfoundry::pii
