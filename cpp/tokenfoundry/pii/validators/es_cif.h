// Spanish tax numbers of legal persons: a letter for the kind, seven digits, and a check that is a digit or the
// letter in its place (Orden EHA/451/2008).
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsEsCif(std::string_view compact);

}  // namespace tokenfoundry::pii
