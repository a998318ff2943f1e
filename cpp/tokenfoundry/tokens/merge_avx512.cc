// The short merge for CPUs with AVX-512: the pairs of a piece are one to four registers, and the lowest is found at
// once.
#include <immintrin.h>

#include "tokenfoundry/tokens/merge_internal.h"

#define TF_TARGET "avx512f,avx512bw,avx512vl,bmi,bmi2,lzcnt,popcnt"
#include "tokenfoundry/tokens/target_begin_internal.h"
namespace tokenfoundry::tokens {
namespace {

constexpr int kLanes = 16;

inline uint64_t Bit(int at) { return uint64_t{1} << at; }

// `merged` is padded with kNoToken to whole registers.
template <int kRegisters>
inline size_t MergeRegisters(const Vocabulary& vocabulary, int size, uint32_t* ids, const uint32_t* merged) {
  __m512i pairs[kRegisters];  // What the token at each index becomes with its right neighbour, or kNoToken.
  for (int r = 0; r < kRegisters; ++r) pairs[r] = _mm512_load_si512(merged + r * kLanes);
  uint64_t alive = size == 64 ? ~uint64_t{0} : Bit(size) - 1;  // The indices where a token begins.
  while (true) {
    __m512i least = pairs[0];
    for (int r = 1; r < kRegisters; ++r) least = _mm512_min_epu32(least, pairs[r]);
    const uint32_t lowest = _mm512_reduce_min_epu32(least);
    if (lowest == kNoToken) break;
    uint64_t places = 0;
    for (int r = 0; r < kRegisters; ++r) {
      const __mmask16 here = _mm512_cmpeq_epi32_mask(pairs[r], _mm512_set1_epi32(static_cast<int>(lowest)));
      places |= uint64_t{here} << (r * kLanes);
    }
    const int at = __builtin_ctzll(places);
    const uint64_t behind = alive & ~(Bit(at) | (Bit(at) - 1));
    const int right = __builtin_ctzll(behind);
    const uint64_t beyond = behind & (behind - 1);
    const uint64_t before = alive & (Bit(at) - 1);
    ids[at] = lowest;
    alive &= ~Bit(right);
    const uint32_t with_right = beyond == 0 ? kNoToken : vocabulary.Merged(lowest, ids[__builtin_ctzll(beyond)]);
    const uint64_t left_bit = before == 0 ? 0 : Bit(63 - __builtin_clzll(before));
    const uint32_t with_left = before == 0 ? kNoToken : vocabulary.Merged(ids[63 - __builtin_clzll(before)], lowest);
    for (int r = 0; r < kRegisters; ++r) {
      const auto part = [r](uint64_t bits) { return static_cast<__mmask16>(bits >> (r * kLanes)); };
      pairs[r] = _mm512_mask_set1_epi32(pairs[r], part(Bit(at)), static_cast<int>(with_right));
      pairs[r] = _mm512_mask_set1_epi32(pairs[r], part(Bit(right)), static_cast<int>(kNoToken));
      pairs[r] = _mm512_mask_set1_epi32(pairs[r], part(left_bit), static_cast<int>(with_left));
    }
  }
  size_t count = 0;
  for (; alive != 0; alive &= alive - 1) ids[count++] = ids[__builtin_ctzll(alive)];
  return count;
}

}  // namespace

size_t MergePieceAvx512(const Vocabulary& vocabulary, std::string_view piece, uint32_t* ids) {
  alignas(64) uint32_t merged[kSmallPieceBytes + kLanes];
  const auto count = static_cast<int>(StartOf(vocabulary, piece, ids, merged));
  _mm512_storeu_si512(merged + count, _mm512_set1_epi32(static_cast<int>(kNoToken)));
  if (count <= kLanes) return MergeRegisters<1>(vocabulary, count, ids, merged);
  if (count <= 2 * kLanes) return MergeRegisters<2>(vocabulary, count, ids, merged);
  std::fill(merged + count, merged + kSmallPieceBytes, kNoToken);
  return MergeRegisters<4>(vocabulary, count, ids, merged);
}

}  // namespace tokenfoundry::tokens
#include "tokenfoundry/tokens/target_end_internal.h"
