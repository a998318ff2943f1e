// German passports: Passverordnung, annexes. Nine characters, the first a letter of the authority's code (C to K),
// in the machine readable zone followed by ICAO's check digit and D.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsDePassport(std::string_view compact);

// The same, with the check digit there and right.
bool IsDePassportChecked(std::string_view compact);

}  // namespace tokenfoundry::pii
