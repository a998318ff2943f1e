// German number plates: Fahrzeug-Zulassungsverordnung, section 9, and the Kraftfahrt-Bundesamt's list of the codes
// of the registration districts. The district's code, one or two letters, one to four digits, and E (electric) or H
// (historic). Umlauts are UTF-8, in either case.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsDePlate(std::string_view compact);

// Whether `code` is a district's, as one that separators around it show.
bool IsDePlateDistrict(std::string_view code);

}  // namespace tokenfoundry::pii
