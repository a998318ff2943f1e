// Finnish personal identity codes: Digital and Population Data Services Agency. Day, month, year, the century's
// sign, a number from 002, a check character by 31. The sign is + - A, since 2023 also Y X W V U and B C D E F; a
// compact value may have lost one that is no letter.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsFiHetu(std::string_view compact);

}  // namespace tokenfoundry::pii
