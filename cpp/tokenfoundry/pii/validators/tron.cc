#include "tokenfoundry/pii/validators/tron.h"

#include "tokenfoundry/pii/validators/base58_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsTron(std::string_view compact) { return IsBase58Check(compact, {0x41}); }

}  // namespace tokenfoundry::pii
