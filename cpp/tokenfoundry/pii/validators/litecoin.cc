#include "tokenfoundry/pii/validators/litecoin.h"

#include "tokenfoundry/pii/validators/base58_internal.h"
#include "tokenfoundry/pii/validators/bech32_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsLitecoin(std::string_view compact) {
  return IsBase58Check(compact, {0x30, 0x32}) || IsSegwitAddress(compact, "ltc");
}

}  // namespace tokenfoundry::pii
