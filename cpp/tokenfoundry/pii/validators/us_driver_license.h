// United States driver's licences: the forms of the states (AAMVA). Each state has its own, and none has a public
// check digit.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsUsDriverLicense(std::string_view compact);

}  // namespace tokenfoundry::pii
