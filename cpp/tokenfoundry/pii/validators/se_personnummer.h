// Swedish personal and coordination numbers: Skatteverket, SKV 704 and SKV 707. Year, month and day of birth (60
// higher in a coordination number), three digits, Luhn over the last ten; the century may stand in front.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsSePersonnummer(std::string_view compact);

}  // namespace tokenfoundry::pii
