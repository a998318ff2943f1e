#include "tokenfoundry/pii/validators/us_driver_license.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {
namespace {

// Letters in front, and the fewest and most digits behind them.
struct Form {
  size_t letters;
  size_t min_digits;
  size_t max_digits;
};

constexpr Form kForms[] = {{0, 6, 14}, {1, 3, 14}, {2, 2, 7}, {3, 6, 6}};

}  // namespace

bool IsUsDriverLicense(std::string_view compact) {
  const auto letters =
      static_cast<size_t>(std::find_if_not(compact.begin(), compact.end(), IsLetter) - compact.begin());
  const std::string_view digits = compact.substr(letters);
  return AreDigits(digits) && std::any_of(std::begin(kForms), std::end(kForms), [&](const Form& form) {
           return letters == form.letters && digits.size() >= form.min_digits && digits.size() <= form.max_digits;
         });
}

}  // namespace tokenfoundry::pii
