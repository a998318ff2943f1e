// Irish personal public service numbers: Revenue, Social Welfare Consolidation Act 2005, section 262. Seven digits,
// a check letter by 23, and since 2013 a second letter, which counts nine times (W, T and X of old numbers do not
// count).
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsIePps(std::string_view compact);

}  // namespace tokenfoundry::pii
