// Byte-pair merging: turns a piece that is no token itself into tokens, by always merging the pair of neighbours whose
// result has the lowest id, the leftmost of equals.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "tokenfoundry/tokens/merge_many_internal.h"
#include "tokenfoundry/tokens/vocabulary_internal.h"

namespace tokenfoundry::tokens {

// Up to here the whole piece is searched for the lowest pair each time: it lies in registers or in the first cache.
inline constexpr size_t kSmallPieceBytes = 64;

// Merges `ids` in place and returns how many are left. `lookup(left, right)` gives the id of a merge or kNoToken, and
// `merged` holds it for each but the last. Quadratic: for few ids.
template <typename Lookup>
size_t MergeSmall(std::span<uint32_t> ids, std::span<uint32_t> merged, Lookup&& lookup) {
  size_t count = ids.size();
  while (count > 1) {
    const auto lowest = std::min_element(merged.begin(), merged.begin() + static_cast<ptrdiff_t>(count - 1));
    if (*lowest == kNoToken) break;
    const auto at = static_cast<size_t>(lowest - merged.begin());
    ids[at] = *lowest;
    --count;
    std::memmove(&ids[at + 1], &ids[at + 2], (count - at - 1) * sizeof(uint32_t));
    std::memmove(&merged[at], &merged[at + 1], (count - at - 1) * sizeof(uint32_t));
    if (at + 1 < count) merged[at] = lookup(ids[at], ids[at + 1]);
    if (at > 0) merged[at - 1] = lookup(ids[at - 1], ids[at]);
  }
  return count;
}

// What merging a piece starts from: one id a byte, or one a character where that comes to the same. `merged` is what
// each becomes with the next one, kNoToken for the last. Both have room for one a byte; returns how many there are.
size_t StartOf(const Vocabulary& vocabulary, std::string_view piece, uint32_t* ids, uint32_t* merged);

// The same from bytes, or from all characters that are tokens where merging starts from those; without `merged`.
size_t SymbolsOf(const Vocabulary& vocabulary, std::string_view piece, uint32_t* ids);

// Writes the tokens of a piece of 1 to kSmallPieceBytes bytes and returns their number; `ids` has room for one a byte.
using MergePiece = size_t (*)(const Vocabulary& vocabulary, std::string_view piece, uint32_t* ids);
size_t MergePieceSse(const Vocabulary& vocabulary, std::string_view piece, uint32_t* ids);
size_t MergePieceAvx512(const Vocabulary& vocabulary, std::string_view piece, uint32_t* ids);
MergePiece BestMergePiece();  // Of this CPU.

// Whether `left` and `right` are the tokens of their joined bytes, given that each is the token of its own.
bool MayBeNeighbours(const Vocabulary& vocabulary, uint32_t left, uint32_t right);

// Merges pieces of any length. Keeps its memory from piece to piece: one for each call, not shared.
class Merger {
 public:
  explicit Merger(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}

  // The tokens of `piece`, valid until the next call.
  std::span<const uint32_t> Merge(std::string_view piece);

  // The same without windows, and from bytes unless merging starts from characters: for tests.
  std::span<const uint32_t> MergeWhole(std::string_view piece);

 private:
  bool MergeRun(std::string_view piece);
  bool MergeByWindows(std::string_view piece);
  std::span<const uint32_t> MergeWindow(std::string_view window);
  std::span<const uint32_t> MergeMany(std::string_view piece);
  std::span<const uint32_t> Merged(size_t count);

  const Vocabulary& vocabulary_;
  const MergePiece merge_small_ = BestMergePiece();
  uint32_t small_ids_[kSmallPieceBytes];
  ManyMerger many_;
  std::vector<uint32_t> many_ids_;
  std::vector<uint32_t> merged_;
  std::vector<uint32_t> ids_;
};

}  // namespace tokenfoundry::tokens
