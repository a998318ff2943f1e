// Singapore's identity numbers of citizens (NRIC) and foreigners (FIN): Immigration & Checkpoints Authority. S, T,
// F, G or M, seven digits, a check letter by 11.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsSgFin(std::string_view compact);

}  // namespace tokenfoundry::pii
