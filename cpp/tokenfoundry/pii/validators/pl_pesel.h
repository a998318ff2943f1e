// Polish personal numbers (PESEL): act of 24 September 2010 on population records, article 15. The century is in the
// month: 20 for 2000, 40, 60 for the next, 80 for 1800.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsPlPesel(std::string_view compact);

}  // namespace tokenfoundry::pii
