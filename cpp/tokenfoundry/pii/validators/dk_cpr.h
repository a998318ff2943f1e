// Danish personal numbers (CPR): CPR-kontoret, Personnummeret i CPR. Day, month, year of birth; the seventh digit
// and the year tell the century. The check by 11 is not tested: since 2007 numbers are issued without it.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsDkCpr(std::string_view compact);

}  // namespace tokenfoundry::pii
