#include "tokenfoundry/audit/tree.h"

namespace tokenfoundry::audit {

Digest LeafHash(std::string_view record) {
  Sha256 hash;
  hash.Update(std::string_view("\x00", 1));
  hash.Update(record);
  return hash.Finish();
}

Digest NodeHash(const Digest& left, const Digest& right) {
  Sha256 hash;
  hash.Update("\x01");
  hash.Update(View(left));
  hash.Update(View(right));
  return hash.Finish();
}

void Tree::Append(const Digest& leaf) {
  Digest subtree = leaf;
  // Each low set bit of the size is a complete subtree as large as the one being carried: they become one.
  for (uint64_t bits = size_; (bits & 1) != 0; bits >>= 1) {
    subtree = NodeHash(frontier_.back(), subtree);
    frontier_.pop_back();
  }
  frontier_.push_back(subtree);
  ++size_;
}

Digest Tree::Root() const {
  if (frontier_.empty()) return Sha256Of("");
  Digest root = frontier_.back();
  for (size_t i = frontier_.size() - 1; i-- > 0;) root = NodeHash(frontier_[i], root);
  return root;
}

}  // namespace tokenfoundry::audit
