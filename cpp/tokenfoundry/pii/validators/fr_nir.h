// French social security numbers (NIR): decree 82-103, and INSEE's note on the number. Sex, year and month of birth,
// place, order, and a key that is what the first thirteen digits lack to a multiple of 97.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsFrNir(std::string_view compact);

}  // namespace tokenfoundry::pii
