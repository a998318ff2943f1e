// German driving licences: annex 8 of the Fahrerlaubnis-Verordnung, and the Kraftfahrt-Bundesamt's list of
// authorities. The authority (A to P for the Land, two digits, one character), five characters that count, a check
// by 11 in which X is ten, and the copy's number. The specimen is B072RRE2I55.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsDeFuehrerschein(std::string_view compact);

}  // namespace tokenfoundry::pii
