// The scan for every x86-64 CPU: a window is four registers of SSE2.
#include <immintrin.h>

#include <algorithm>
#include <cstring>

#include "tokenfoundry/tokens/scan_internal.h"
#include "tokenfoundry/tokens/unicode_internal.h"

namespace tokenfoundry::tokens::sse {

#include "tokenfoundry/tokens/scan_classes_internal.h"

using Register = __m128i;

struct Window {
  explicit Window(const char* bytes) {
    for (int i = 0; i < 4; ++i) parts[i] = _mm_loadu_si128(reinterpret_cast<const Register*>(bytes) + i);
  }
  Register parts[4];
};

template <typename Compare>
inline uint64_t MaskOf(const Window& window, Compare&& compare) {
  uint64_t mask = 0;
  for (int i = 0; i < 4; ++i) {
    mask |= uint64_t{static_cast<uint32_t>(_mm_movemask_epi8(compare(window.parts[i])))} << (i * 16);
  }
  return mask;
}

inline uint64_t Is(const Window& window, char byte) {
  return MaskOf(window, [&](Register part) { return _mm_cmpeq_epi8(part, _mm_set1_epi8(byte)); });
}

// The bytes from `first` to `last`, after setting the bits of `fold`.
inline uint64_t Within(const Window& window, uint8_t first, uint8_t last, char fold = 0) {
  return MaskOf(window, [&](Register part) {
    const Register folded = _mm_or_si128(part, _mm_set1_epi8(fold));
    const Register from_first = _mm_sub_epi8(folded, _mm_set1_epi8(static_cast<char>(first)));
    return _mm_cmpeq_epi8(_mm_min_epu8(from_first, _mm_set1_epi8(static_cast<char>(last - first))), from_first);
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

}  // namespace tokenfoundry::tokens::sse
