#include "tokenfoundry/pii/validators/be_national_number.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsBeNationalNumber(std::string_view compact) {
  if (!HasDigits(compact, 11)) return false;
  const int month = Pair(compact, 2) % 20;
  if (Pair(compact, 2) >= 60 || month > 12 || Pair(compact, 4) > 31) return false;
  const int64_t number = Number(compact.substr(0, 9));
  const int check = Pair(compact, 9);
  return 97 - number % 97 == check || 97 - (2'000'000'000 + number) % 97 == check;
}

}  // namespace tokenfoundry::pii
