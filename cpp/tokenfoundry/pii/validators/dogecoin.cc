#include "tokenfoundry/pii/validators/dogecoin.h"

#include "tokenfoundry/pii/validators/base58_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsDogecoin(std::string_view compact) { return IsBase58Check(compact, {0x1e, 0x16}); }

}  // namespace tokenfoundry::pii
