// Integer arithmetic that notices when it leaves its type. Money and token counts are never allowed to wrap.
#pragma once

#include <cstdint>

namespace tokenfoundry {

// Each writes the result and returns true, or returns false when it does not fit; *out is then unspecified.
[[nodiscard]] inline bool CheckedAdd(int64_t a, int64_t b, int64_t* out) { return !__builtin_add_overflow(a, b, out); }
[[nodiscard]] inline bool CheckedSub(int64_t a, int64_t b, int64_t* out) { return !__builtin_sub_overflow(a, b, out); }

// The sum, or the largest value when it does not fit. For sums of non-negative numbers the order does not matter.
inline int64_t SaturatingAdd(int64_t a, int64_t b) {
  int64_t sum;
  return CheckedAdd(a, b, &sum) ? sum : INT64_MAX;
}

}  // namespace tokenfoundry
