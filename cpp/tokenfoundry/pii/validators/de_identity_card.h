// German identity cards: Personalausweisverordnung, annex 2. Since 2010 nine characters, the first a letter of the
// authority's code (L to Y), on the back followed by ICAO's check digit and D. Before: nine digits, check digit, D.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsDeIdentityCard(std::string_view compact);

// The same, with the check digit there and right.
bool IsDeIdentityCardChecked(std::string_view compact);

}  // namespace tokenfoundry::pii
