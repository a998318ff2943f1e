// The scan for CPUs with AVX-512: a window is one register.
#include <immintrin.h>

#include <algorithm>
#include <cstring>

#include "tokenfoundry/tokens/scan_internal.h"
#include "tokenfoundry/tokens/unicode_internal.h"

#define TF_TARGET "avx512f,avx512bw,avx512vl,bmi,bmi2,lzcnt,popcnt"
#include "tokenfoundry/tokens/target_begin_internal.h"
namespace tokenfoundry::tokens::avx512 {

#include "tokenfoundry/tokens/scan_classes_internal.h"

inline Classes Classify(const char* window) {
  const __m512i bytes = _mm512_loadu_si512(window);
  const auto is = [&](char byte) { return uint64_t{_mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte))}; };
  const auto within = [&](__m512i of, char first, char count) {
    const __m512i from_first = _mm512_sub_epi8(of, _mm512_set1_epi8(first));
    return uint64_t{_mm512_cmplt_epu8_mask(from_first, _mm512_set1_epi8(count))};
  };
  Classes classes;
  const uint64_t letter = within(_mm512_or_si512(bytes, _mm512_set1_epi8(0x20)), 'a', 26);
  const uint64_t has_case_bit = _mm512_test_epi8_mask(bytes, _mm512_set1_epi8(0x20));
  classes.upper = letter & ~has_case_bit;
  classes.lower = letter & has_case_bit;
  classes.digit = within(bytes, '0', 10);
  classes.blank = is(' ');
  classes.newline = is('\n') | is('\r');
  classes.space = (within(bytes, '\t', 5) | classes.blank) & ~classes.newline;
  classes.apostrophe = is('\'');
  classes.slash = is('/');
  classes.wide = _mm512_movepi8_mask(bytes);
  return classes;
}

inline WideBytes ClassifyWide(const char* window) {
  const __m512i bytes = _mm512_loadu_si512(window);
  const __m512i from_e5 = _mm512_sub_epi8(bytes, _mm512_set1_epi8(static_cast<char>(0xE5)));
  return {_mm512_cmplt_epi8_mask(bytes, _mm512_set1_epi8(static_cast<char>(0xC0))),
          _mm512_cmplt_epu8_mask(from_e5, _mm512_set1_epi8(5))};
}

#include "tokenfoundry/tokens/scan_windows_internal.h"

}  // namespace tokenfoundry::tokens::avx512
#include "tokenfoundry/tokens/target_end_internal.h"
