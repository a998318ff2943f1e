#include "tokenfoundry/pii/validators/es_cif.h"

#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/luhn.h"

namespace tokenfoundry::pii {

bool IsEsCif(std::string_view compact) {
  if (!Fits(compact, "A9999999*") || !IsOneOf(compact[0], "ABCDEFGHJNPQRSUVW")) return false;
  // Luhn's digit of the seven, or the letter that stands for it: A to I for 1 to 9, J for 0.
  const int check = Value(compact[8]);
  return check <= Value('J') && (LuhnSum(compact.substr(1, 7), 1) + (check < 10 ? check : check - 9)) % 10 == 0;
}

}  // namespace tokenfoundry::pii
