// United States bank routing numbers: American Bankers Association, Routing Number Policy. The Federal Reserve's
// district in the first two digits, and the weights 3, 7, 1.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsUsRoutingNumber(std::string_view compact);

}  // namespace tokenfoundry::pii
