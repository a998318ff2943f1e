// United States DEA registration numbers of those who may prescribe or handle controlled drugs: 21 CFR 1301, DEA
// Diversion Control Division. A letter for the kind of registrant, one of the name or 9, six digits and their check
// digit.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsUsDea(std::string_view compact);

}  // namespace tokenfoundry::pii
