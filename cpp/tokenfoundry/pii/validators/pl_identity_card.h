// Polish identity cards: regulation of 29 January 2015 on the form of the card. Three letters, a check digit, five
// digits.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsPlIdentityCard(std::string_view compact);

}  // namespace tokenfoundry::pii
