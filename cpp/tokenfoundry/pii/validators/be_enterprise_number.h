// Belgian enterprise numbers, with or without BE: royal decree of 24 June 2003. The last two digits are what the
// first eight lack to a multiple of 97.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsBeEnterpriseNumber(std::string_view compact);

}  // namespace tokenfoundry::pii
