// Italian driving licences: two letters of the province, seven digits and a letter; or, from the central office, U1
// and eight characters (Ministry of Infrastructure and Transport). No check digit is published.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsItDriverLicense(std::string_view compact);

}  // namespace tokenfoundry::pii
