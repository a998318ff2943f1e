// Greek tax numbers (AFM), with or without EL or GR: Independent Authority for Public Revenue. Each digit counts a
// power of two.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsGrAfm(std::string_view compact);

}  // namespace tokenfoundry::pii
