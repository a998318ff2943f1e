// Australian tax file numbers: Australian Taxation Office. Nine digits, or eight on older ones, and a sum by 11.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsAuTfn(std::string_view compact);

}  // namespace tokenfoundry::pii
