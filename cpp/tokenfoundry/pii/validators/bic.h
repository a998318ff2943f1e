// Business identifier codes of institutions: ISO 9362, with a country of ISO 3166-1 (or Kosovo's XK, which SWIFT
// uses).
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsBic(std::string_view compact);

}  // namespace tokenfoundry::pii
