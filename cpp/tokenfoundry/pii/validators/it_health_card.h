// The number on the back of the Italian health card (TS-CNS, European health insurance card): EN 1867, that is
// ISO/IEC 7812 with 80 for health and 380 for Italy.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsItHealthCard(std::string_view compact);

}  // namespace tokenfoundry::pii
