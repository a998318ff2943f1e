// United States social security numbers: 20 CFR 422.103, and the Social Security Administration's page on what is
// never assigned.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsUsSsn(std::string_view compact);

}  // namespace tokenfoundry::pii
