#include "tokenfoundry/pii/validators/de_bsnr.h"

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

bool IsDeBsnr(std::string_view compact) { return HasDigits(compact, 9) && !compact.starts_with("00"); }

}  // namespace tokenfoundry::pii
