// German tax identification numbers of persons (IdNr): section 139b of the Abgabenordnung, and the Federal Central
// Tax Office's note on the check digit. Of the first ten digits one stands twice or three times and no other more than
// once; then ISO/IEC 7064 MOD 11,10. That three never stand in a row is not asked: better one number too many.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsDeTaxId(std::string_view compact);

}  // namespace tokenfoundry::pii
