// Swedish organisation numbers: act 1974:174. Ten digits under Luhn; the middle pair is 20 or more, which no month
// is.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsSeOrganisationsnummer(std::string_view compact);

}  // namespace tokenfoundry::pii
