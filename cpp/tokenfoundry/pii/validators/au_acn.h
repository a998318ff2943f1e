// Australian company numbers: Australian Securities and Investments Commission. The weights 8 to 1, a check digit by
// 10.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsAuAcn(std::string_view compact);

}  // namespace tokenfoundry::pii
