// Which words of a text may be one of a set, by their first eight bytes: nearly all are none, and are passed over 64
// bytes of the text at a time.
#pragma once

#include <emmintrin.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tokenfoundry::pii {

// The word at a place of a text, as far as eight bytes show it: its letters in lower case, from the lowest byte on,
// zeros behind them, and how many they are. All of it is unknown where the byte that ends them is not of ASCII.
struct WordBeginning {
  uint64_t letters;
  size_t size;
  bool is_known;
};

inline WordBeginning BeginningAt(std::string_view text, size_t at) {
  constexpr uint64_t kEach = 0x0101010101010101;
  constexpr uint64_t kHigh = 0x80 * kEach;
  uint64_t bytes = 0;
  if (at + sizeof(bytes) <= text.size()) {
    std::memcpy(&bytes, text.data() + at, sizeof(bytes));
  } else {
    std::memcpy(&bytes, text.data() + at, text.size() - at);
  }
  const uint64_t lower = (bytes & ~kHigh) | 0x20 * kEach;  // So small that no byte carries into the next one below.
  const uint64_t from_a = lower + (0x80 - 'a') * kEach;
  const uint64_t beyond_z = lower + (0x80 - 'z' - 1) * kEach;
  const uint64_t others = (~(from_a & ~beyond_z) | bytes) & kHigh;
  if (others == 0) return {lower, sizeof(bytes), true};
  const int end = std::countr_zero(others) - 7;  // Bits.
  return {lower & ((uint64_t{1} << end) - 1), static_cast<size_t>(end) / 8, (bytes >> end & 0x80) == 0};
}

// Which of 64 bytes are letters of ASCII, and which are not of ASCII.
struct WordBytes {
  uint64_t letters = 0;
  uint64_t others = 0;
};

inline WordBytes WordBytesAt(std::string_view text, size_t at) {
  char rest[64];
  const char* bytes = text.data() + at;
  if (at + sizeof(rest) > text.size()) {
    std::memset(rest, 0, sizeof(rest));
    std::memcpy(rest, bytes, text.size() - at);
    bytes = rest;
  }
  WordBytes found;
  for (int i = 0; i < 64; i += 16) {
    const __m128i sixteen = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + i));
    const __m128i from_a = _mm_sub_epi8(_mm_or_si128(sixteen, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
    const __m128i letters = _mm_cmpeq_epi8(_mm_min_epu8(from_a, _mm_set1_epi8('z' - 'a')), from_a);
    found.letters |= uint64_t{static_cast<uint32_t>(_mm_movemask_epi8(letters))} << i;
    found.others |= uint64_t{static_cast<uint32_t>(_mm_movemask_epi8(sixteen))} << i;
  }
  return found;
}

// Where in [at, to) the first word begins that `may_be(letters)`, or that has a byte that is not of ASCII in it or at
// once behind it; `to` or beyond if there is none. No word goes on at `at`.
template <typename MayBe>
size_t NextWord(std::string_view text, size_t at, size_t to, const MayBe& may_be) {
  constexpr size_t kNone = ~size_t{0};
  size_t open = kNone;  // The run that goes on from the bytes before.
  for (; at < to; at += 64) {
    const WordBytes bytes = WordBytesAt(text, at);
    const uint64_t runs = bytes.letters | bytes.others;
    uint64_t starts = runs & ~(runs << 1);
    if (open != kNone) {
      const uint64_t rest = runs & ~(runs + 1);  // What goes on: the ones from the lowest bit on.
      if ((rest & bytes.others) != 0) return open;
      starts &= ~uint64_t{1};
      if (rest != ~uint64_t{0}) open = kNone;
    }
    for (; starts != 0; starts &= starts - 1) {
      const uint64_t first = starts & -starts;
      const size_t start = at + static_cast<size_t>(std::countr_zero(starts));
      const uint64_t run = runs & ~(runs + first);
      if ((run & bytes.others) != 0 || may_be(BeginningAt(text, start).letters)) return start;
      if (run >> 63 != 0) open = start;
    }
  }
  return to;
}

}  // namespace tokenfoundry::pii
