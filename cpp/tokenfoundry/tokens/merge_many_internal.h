// Merging of many ids, by whatever says what two of them become: pieces of any length, and tokens while a table is
// built.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tokenfoundry/base/check.h"
#include "tokenfoundry/tokens/vocabulary_internal.h"

namespace tokenfoundry::tokens {

// O(n log n). Keeps its memory from call to call: one for each caller, not shared.
class ManyMerger {
 public:
  // Merges `ids`, at least one, in place and returns how many are left. `lookup(left, right)` gives what two become, or
  // kNoToken, and `merged` holds it for each, kNoToken for the last. The lowest comes first, the leftmost of equals.
  // What is merged into one is at most UINT16_MAX ids.
  template <typename Lookup>
  size_t Merge(std::span<uint32_t> ids, std::span<const uint32_t> merged, Lookup&& lookup) {
    leaf_count_ = std::bit_ceil(ids.size());
    lowest_.resize(2 * leaf_count_);
    std::copy_n(merged.begin(), ids.size(), leaves());
    std::fill(leaves() + ids.size(), leaves() + leaf_count_, kNoToken);
    for (size_t i = leaf_count_ - 1; i > 0; --i) lowest_[i] = std::min(lowest_[2 * i], lowest_[2 * i + 1]);
    sizes_.assign(ids.size(), {1, 1});
    while (lowest_[1] != kNoToken) MergeLeftmost(ids, lookup);
    size_t count = 0;
    for (size_t at = 0; at < ids.size(); at += sizes_[at].own) ids[count++] = ids[at];
    return count;
  }

 private:
  // Of what is merged, at the index of its first id: how many ids it was, and the one to the left of it.
  struct Sizes {
    uint16_t own;
    uint16_t before;
  };

  template <typename Lookup>
  void MergeLeftmost(std::span<uint32_t> ids, Lookup& lookup) {
    const uint32_t lowest = lowest_[1];
    size_t node = 1;
    while (node < leaf_count_) node = 2 * node + (lowest_[2 * node] != lowest);
    const size_t at = node - leaf_count_, right = at + sizes_[at].own, next = right + sizes_[right].own;
    TF_DCHECK(next - at <= UINT16_MAX);
    ids[at] = lowest;
    sizes_[at].own = static_cast<uint16_t>(next - at);
    Set(right, kNoToken);
    if (next < ids.size()) {
      sizes_[next].before = sizes_[at].own;
      Set(at, lookup(lowest, ids[next]));
    } else {
      Set(at, kNoToken);
    }
    if (at > 0) {
      const size_t before = at - sizes_[at].before;
      Set(before, lookup(ids[before], lowest));
    }
  }

  // What the one at this index becomes with its right neighbour.
  void Set(size_t at, uint32_t merged) {
    size_t node = leaf_count_ + at;
    lowest_[node] = merged;
    while ((node /= 2) > 0) {
      const uint32_t lowest = std::min(lowest_[2 * node], lowest_[2 * node + 1]);
      if (lowest_[node] == lowest) return;
      lowest_[node] = lowest;
    }
  }

  uint32_t* leaves() { return lowest_.data() + leaf_count_; }

  size_t leaf_count_ = 0;
  std::vector<uint32_t> lowest_;  // A tree: node i is the lower of nodes 2i and 2i + 1; the leaves are by index.
  std::vector<Sizes> sizes_;
};

}  // namespace tokenfoundry::tokens
