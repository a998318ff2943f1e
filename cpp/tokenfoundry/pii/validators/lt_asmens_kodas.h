// Lithuanian personal codes: law on the population register. As the Estonian ones; a 9 in front tells that the date
// is not that of a birth.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsLtAsmensKodas(std::string_view compact);

}  // namespace tokenfoundry::pii
