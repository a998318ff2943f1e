// The one place where Hyperscan's error codes and compiler messages become a Status.
#pragma once

#include <hs/hs.h>

#include <string_view>

#include "tokenfoundry/base/status.h"

namespace tokenfoundry::pii {

// `doing` is the end of "Hyperscan could not ...".
absl::Status HyperscanStatus(hs_error_t error, std::string_view doing);

// `pattern` is the name of the pattern the compiler stopped at, or empty when it is the set as a whole. Takes over
// `error` and frees it.
absl::Status CompileStatus(hs_compile_error_t* error, std::string_view pattern);

}  // namespace tokenfoundry::pii
