// British National Insurance numbers: HMRC, National Insurance Manual NIM39110.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsUkNino(std::string_view compact);

}  // namespace tokenfoundry::pii
