// Romanian tax numbers (CUI, CIF), with or without RO: law 207/2015. Two to ten digits, weighed from the right, a
// check by 11.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsRoVat(std::string_view compact);

}  // namespace tokenfoundry::pii
