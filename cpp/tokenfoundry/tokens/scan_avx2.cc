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

using Register = __m256i;

struct Window {
  explicit Window(const char* bytes) {
    for (int i = 0; i < 2; ++i) parts[i] = _mm256_loadu_si256(reinterpret_cast<const Register*>(bytes) + i);
  }
  Register parts[2];
};

template <typename Compare>
inline uint64_t MaskOf(const Window& window, Compare&& compare) {
  uint64_t mask = 0;
  for (int i = 0; i < 2; ++i) {
    mask |= uint64_t{static_cast<uint32_t>(_mm256_movemask_epi8(compare(window.parts[i])))} << (i * 32);
  }
  return mask;
}

inline uint64_t Is(const Window& window, char byte) {
  return MaskOf(window, [&](Register part) { return _mm256_cmpeq_epi8(part, _mm256_set1_epi8(byte)); });
}

// The bytes from `first` to `last`, after setting the bits of `fold`.
inline uint64_t Within(const Window& window, uint8_t first, uint8_t last, char fold = 0) {
  return MaskOf(window, [&](Register part) {
    const Register folded = _mm256_or_si256(part, _mm256_set1_epi8(fold));
    const Register from_first = _mm256_sub_epi8(folded, _mm256_set1_epi8(static_cast<char>(first)));
    return _mm256_cmpeq_epi8(_mm256_min_epu8(from_first, _mm256_set1_epi8(static_cast<char>(last - first))),
                             from_first);
  });
}

inline Classes Classify(const char* bytes) {
  const Window window(bytes);
  Classes classes;
  const uint64_t letter = Within(window, 'a', 'z', 0x20);
  classes.upper = Within(window, 'A', 'Z');
  classes.lower = letter & ~classes.upper;
  classes.digit = Within(window, '0', '9');
  classes.blank = Is(window, ' ');
  classes.newline = Is(window, '\n') | Is(window, '\r');
  classes.space = (Within(window, '\t', '\r') | classes.blank) & ~classes.newline;
  classes.apostrophe = Is(window, '\'');
  classes.slash = Is(window, '/');
  classes.wide = MaskOf(window, [&](Register part) { return part; });
  return classes;
}

inline WideBytes ClassifyWide(const char* bytes) {
  const Window window(bytes);
  return {Within(window, 0x80, 0xBF), Within(window, 0xE5, 0xE9)};
}

#include "tokenfoundry/tokens/scan_windows_internal.h"

}  // namespace tokenfoundry::tokens::avx2
#include "tokenfoundry/tokens/target_end_internal.h"
