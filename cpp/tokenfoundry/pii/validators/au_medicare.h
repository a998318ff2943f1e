// Australian Medicare card numbers: Services Australia, Healthcare identifiers. Eight digits, the first 2 to 6,
// their check digit, and the issue of the card; the person's place on it may follow.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsAuMedicare(std::string_view compact);

}  // namespace tokenfoundry::pii
