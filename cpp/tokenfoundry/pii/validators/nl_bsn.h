// Dutch citizen service numbers (BSN): Logisch Ontwerp BSN, the eleven test. Nine digits; older ones may be written
// as eight.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsNlBsn(std::string_view compact);

}  // namespace tokenfoundry::pii
