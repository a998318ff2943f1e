// VAT numbers of the member states of the European Union and of Northern Ireland, with their letters: directive
// 2006/112/EC, article 215, and the forms on the European Commission's VIES page. The check is each state's own.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsEuVat(std::string_view compact);

}  // namespace tokenfoundry::pii
