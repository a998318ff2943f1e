// How large a regular expression is once its bounded repeats are written out: what a compiler has to chew.
#pragma once

#include <cstdint>
#include <string_view>

namespace tokenfoundry::pii {

// Above this an expression takes the compiler seconds before it is refused as too large.
inline constexpr uint64_t kMaxRegexSize = 4'000;

// Characters and classes of `regex` with every `{n,m}` written out m times, saturating far above kMaxRegexSize. An
// estimate: the expression need not be valid.
uint64_t RegexSize(std::string_view regex);

}  // namespace tokenfoundry::pii
