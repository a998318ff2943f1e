#include "tokenfoundry/pii/validators/bitcoin.h"

#include "tokenfoundry/pii/validators/base58_internal.h"
#include "tokenfoundry/pii/validators/bech32_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsBitcoin(std::string_view compact) {
  return IsBase58Check(compact, {0x00, 0x05}) || IsSegwitAddress(compact, "bc");
}

}  // namespace tokenfoundry::pii
