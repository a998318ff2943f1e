// Swedish VAT numbers, with or without SE: Skatteverket. The ten digits of an organisation or a person, Luhn, and
// 01.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsSeVat(std::string_view compact);

}  // namespace tokenfoundry::pii
