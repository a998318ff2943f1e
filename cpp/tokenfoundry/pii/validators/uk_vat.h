// British VAT numbers, with or without GB, or XI for Northern Ireland: HMRC, VAT manual VATREG. Nine digits (twelve
// for a branch) whose sum is a multiple of 97, or in newer series 42 or 55 more; GD and three digits for departments,
// HA for health authorities.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsUkVat(std::string_view compact);

}  // namespace tokenfoundry::pii
