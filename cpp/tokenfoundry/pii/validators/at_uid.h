// Austrian VAT numbers, with or without AT: Bundesministerium fuer Finanzen, Konstruktionsregeln UID. U, seven
// digits, a check digit.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsAtUid(std::string_view compact);

}  // namespace tokenfoundry::pii
