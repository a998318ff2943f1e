// Polish statistical numbers (REGON): regulation of 30 November 2015 on the register. Nine digits, or fourteen for a
// local unit, whose first nine are the entity's.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsPlRegon(std::string_view compact);

}  // namespace tokenfoundry::pii
