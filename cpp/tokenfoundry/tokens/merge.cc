#include <functional>

#include "tokenfoundry/base/check.h"
#include "tokenfoundry/tokens/merge_internal.h"

namespace tokenfoundry::tokens {
namespace {

constexpr int kIndexBits = 64 - kIdBits;  // A piece is far below 16 TB.

}  // namespace

std::span<const uint32_t> Merger::Merge(std::string_view piece) {
  if (piece.size() > kSmallPieceBytes) return MergeLong(piece);
  for (size_t i = 0; i < piece.size(); ++i) small_ids_[i] = vocabulary_.ByteToken(static_cast<uint8_t>(piece[i]));
  const size_t count = MergeSmall({small_ids_, piece.size()}, {small_merged_, piece.size()},
                                  [this](uint32_t left, uint32_t right) { return vocabulary_.Merged(left, right); });
  return {small_ids_, count};
}

std::span<const uint32_t> Merger::MergeLong(std::string_view piece) {
  const size_t size = piece.size();
  nodes_.resize(size);
  heap_.clear();
  for (size_t i = 0; i < size; ++i) {
    nodes_[i] = {vocabulary_.ByteToken(static_cast<uint8_t>(piece[i])), kNoToken, 1, static_cast<uint16_t>(i > 0)};
  }
  for (size_t i = 0; i + 1 < size; ++i) {
    nodes_[i].merged = vocabulary_.Merged(nodes_[i].id, nodes_[i + 1].id);
    if (nodes_[i].merged != kNoToken) heap_.push_back(uint64_t{nodes_[i].merged} << kIndexBits | i);
  }
  std::make_heap(heap_.begin(), heap_.end(), std::greater<>());
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    const uint64_t lowest = heap_.back();
    heap_.pop_back();
    const size_t at = lowest & ((uint64_t{1} << kIndexBits) - 1);
    if (nodes_[at].merged == lowest >> kIndexBits) MergeWithRight(at);  // Else a neighbour has changed since.
  }

  ids_.clear();
  for (size_t at = 0; at < size; at += nodes_[at].size) ids_.push_back(nodes_[at].id);
  return ids_;
}

void Merger::MergeWithRight(size_t at) {
  Node& node = nodes_[at];
  Node& right = nodes_[at + node.size];
  TF_DCHECK(node.size + right.size <= vocabulary_.max_token_bytes());
  node.id = node.merged;
  node.size = static_cast<uint16_t>(node.size + right.size);
  right.merged = kNoToken;
  right.size = 0;
  node.merged = kNoToken;
  const size_t next = at + node.size;
  if (next < nodes_.size()) {
    nodes_[next].size_before = node.size;
    Propose(at, next);
  }
  if (node.size_before > 0) Propose(at - node.size_before, at);
}

void Merger::Propose(size_t at, size_t right) {
  nodes_[at].merged = vocabulary_.Merged(nodes_[at].id, nodes_[right].id);
  if (nodes_[at].merged == kNoToken) return;
  heap_.push_back(uint64_t{nodes_[at].merged} << kIndexBits | at);
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

}  // namespace tokenfoundry::tokens
