// United States individual taxpayer identification numbers: IRS, Internal Revenue Manual 3.21.263: 9 in front, and
// groups 50-65, 70-88, 90-92 and 94-99 in the fourth and fifth place.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsUsItin(std::string_view compact);

}  // namespace tokenfoundry::pii
