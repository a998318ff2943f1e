#include "tokenfoundry/pii/validators/uuid.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsUuid(std::string_view compact) {
  return compact.size() == 32 && AreOneOf(compact, "0123456789ABCDEF") && IsOneOf(compact[12], "12345678") &&
         IsOneOf(compact[16], "89AB");
}

}  // namespace tokenfoundry::pii
