// British postcodes: BS 7666-0, and Royal Mail's Postcode Address File: an area that exists, a district, a sector
// and a unit.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsUkPostcode(std::string_view compact);

}  // namespace tokenfoundry::pii
