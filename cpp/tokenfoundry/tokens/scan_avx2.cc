// The scan for CPUs with AVX2: a window is two registers.
#include <immintrin.h>

#include <algorithm>
#include <cstring>

#include "tokenfoundry/tokens/scan_internal.h"
#include "tokenfoundry/tokens/unicode_internal.h"

#define TF_TARGET "avx2,bmi,bmi2,lzcnt,popcnt"
#include "tokenfoundry/tokens/target_begin_internal.h"
namespace tokenfoundry::tokens::avx2 {

#include "tokenfoundry/tokens/scan_classes_internal.h"

struct Registers {
  using Type = __m256i;
  static constexpr int kCount = 2;
  static Type Load(const char* bytes) { return _mm256_loadu_si256(reinterpret_cast<const Type*>(bytes)); }
  static Type All(char byte) { return _mm256_set1_epi8(byte); }
  static Type Equal(Type a, Type b) { return _mm256_cmpeq_epi8(a, b); }
  static Type Or(Type a, Type b) { return _mm256_or_si256(a, b); }
  static Type Subtract(Type a, Type b) { return _mm256_sub_epi8(a, b); }
  static Type Least(Type a, Type b) { return _mm256_min_epu8(a, b); }
  static int Mask(Type bytes) { return _mm256_movemask_epi8(bytes); }
};

#include "tokenfoundry/tokens/scan_registers_internal.h"
#include "tokenfoundry/tokens/scan_windows_internal.h"

}  // namespace tokenfoundry::tokens::avx2
#include "tokenfoundry/tokens/target_end_internal.h"
