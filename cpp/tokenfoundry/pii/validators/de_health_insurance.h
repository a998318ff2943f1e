// German health insurance numbers (KVNR, the part that does not change): section 290 SGB V, annex 1 of the
// GKV-Spitzenverband's directive. A letter, which counts as 01 to 26, eight digits and a check digit.
#pragma once

#include <string_view>

namespace tokenfoundry::pii {

bool IsDeHealthInsurance(std::string_view compact);

}  // namespace tokenfoundry::pii
