// Irish VAT numbers, with or without IE: Revenue. Seven digits, a check letter by 23 and since 2013 a second letter;
// or, before, with a letter, + or * in the second place, where the first digit counts last.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsIeVat(std::string_view compact);

}  // namespace tokenfoundry::pii
