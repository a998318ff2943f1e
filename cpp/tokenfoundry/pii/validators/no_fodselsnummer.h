// Norwegian national identity numbers, D-numbers (day 40 higher) and the test population's (month 40 higher):
// Skatteetaten. Day, month, year, a number that tells the century, and two check digits by 11.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsNoFodselsnummer(std::string_view compact);

}  // namespace tokenfoundry::pii
