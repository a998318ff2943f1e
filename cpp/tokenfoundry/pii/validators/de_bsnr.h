// German medical practices' numbers (BSNR): KBV directive on section 75 (7) SGB V. Two digits of the regional
// association and seven more, without a check digit.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsDeBsnr(std::string_view compact);

}  // namespace tokenfoundry::pii
