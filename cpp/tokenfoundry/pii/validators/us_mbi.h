// United States Medicare beneficiary identifiers: CMS, Understanding the MBI. Letters without S, L, O, I, B, Z. No
// check digit.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsUsMbi(std::string_view compact);

}  // namespace tokenfoundry::pii
