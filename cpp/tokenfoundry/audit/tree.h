// The Merkle tree of RFC 6962, section 2.1: a root over a list of leaves, kept while the list grows.
//
// Memory is O(log n): only the roots of the complete subtrees, one per set bit of the size. A plain value.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tokenfoundry/base/hash.h"

namespace tokenfoundry::audit {

Digest LeafHash(std::string_view record);                  // SHA-256(0x00 || record)
Digest NodeHash(const Digest& left, const Digest& right);  // SHA-256(0x01 || left || right)

class Tree {
 public:
  Tree() = default;

  // A tree as it was: `frontier` has one digest per set bit of `size`, the largest subtree first.
  Tree(uint64_t size, std::vector<Digest> frontier) : size_(size), frontier_(std::move(frontier)) {}

  void Append(const Digest& leaf);
  uint64_t size() const { return size_; }
  Digest Root() const;  // Of the empty tree: SHA-256 of nothing.
  const std::vector<Digest>& frontier() const { return frontier_; }

 private:
  uint64_t size_ = 0;
  std::vector<Digest> frontier_;
};

}  // namespace tokenfoundry::audit
