// The scan for every x86-64 CPU: a window is four registers of SSE2.
#include <immintrin.h>

#include <algorithm>
#include <cstring>

#include "tokenfoundry/tokens/scan_internal.h"
#include "tokenfoundry/tokens/unicode_internal.h"

namespace tokenfoundry::tokens::sse {

#include "tokenfoundry/tokens/scan_classes_internal.h"

struct Registers {
  using Type = __m128i;
  static constexpr int kCount = 4;
  static Type Load(const char* bytes) { return _mm_loadu_si128(reinterpret_cast<const Type*>(bytes)); }
  static Type All(char byte) { return _mm_set1_epi8(byte); }
  static Type Equal(Type a, Type b) { return _mm_cmpeq_epi8(a, b); }
  static Type Or(Type a, Type b) { return _mm_or_si128(a, b); }
  static Type Subtract(Type a, Type b) { return _mm_sub_epi8(a, b); }
  static Type Least(Type a, Type b) { return _mm_min_epu8(a, b); }
  static int Mask(Type bytes) { return _mm_movemask_epi8(bytes); }
};

#include "tokenfoundry/tokens/scan_registers_internal.h"
#include "tokenfoundry/tokens/scan_windows_internal.h"

}  // namespace tokenfoundry::tokens::sse
