// What the words before a number say about it: a telephone, or some other number.
#pragma once

#include <cstdint>
#include <string_view>

namespace tokenfoundry::pii {

enum class Cue { kNone, kPhone, kOther };

// The nearest telling word in the 48 bytes before `start`.
Cue CueBefore(std::string_view text, size_t start, uint64_t* steps);

}  // namespace tokenfoundry::pii
