// Sums over entries, kept in memory and stored a block of entries late.
//
// A sum that every entry touches would be written with every entry; here it is written once per block, in the batch of
// some later entry. Nothing is lost by it: a stored sum says through which entry it counts, every entry of the last
// block is read when the ledger is opened, and what a sum lacks is added again. An entry touches few sums, so few
// become due with each: no write is long.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

#include "tokenfoundry/store/store.h"

namespace tokenfoundry::ledger {

constexpr uint64_t kBlockEntries = 4096;

// `Record` is encoded by Encode(record, through): it counts the entries before `through`.
template <typename Record>
class WriteBehind {
 public:
  struct Node {
    Record record;
    uint64_t changed_by = kClean;  // The first entry that is not in what is stored.
  };
  using Map = std::unordered_map<std::string, Node>;  // Its nodes do not move.
  using Item = typename Map::value_type;

  Map& items() { return items_; }
  const Map& items() const { return items_; }

  Item* Find(const std::string& key) {
    const auto found = items_.find(key);
    return found == items_.end() ? nullptr : &*found;
  }
  Item* Insert(std::string key, Record record) {
    return &*items_.try_emplace(std::move(key), Node{std::move(record)}).first;
  }

  // Entry `seq` has changed the record. `seq` never decreases from call to call.
  void Touch(Item* item, uint64_t seq) {
    if (item->second.changed_by != kClean) return;
    item->second.changed_by = seq;
    waiting_.push_back(item);
  }

  // Adds to the batch of entry `seq` what has waited for a block, as it was before that entry. Returns how many these
  // are, for Stored() once the batch is written.
  size_t StageDue(uint64_t seq, store::Family family, store::Batch* batch) const {
    size_t due = 0;
    for (; due < waiting_.size() && waiting_[due]->second.changed_by + kBlockEntries <= seq; ++due) {
      batch->Put(family, waiting_[due]->first, Encode(waiting_[due]->second.record, seq));
    }
    return due;
  }
  void Stored(size_t due) {
    for (; due > 0; --due, waiting_.pop_front()) waiting_.front()->second.changed_by = kClean;
  }

  // All that wait, between two entries; `next_seq` is the later one.
  size_t StageAll(uint64_t next_seq, store::Family family, store::Batch* batch) const {
    for (const Item* item : waiting_) batch->Put(family, item->first, Encode(item->second.record, next_seq));
    return waiting_.size();
  }

  // Drops from memory what is stored and `is_idle`.
  template <typename IsIdle>
  void Forget(const IsIdle& is_idle) {
    std::erase_if(items_, [&](const Item& item) { return item.second.changed_by == kClean && is_idle(item); });
  }
  void Clear() {
    waiting_.clear();
    items_.clear();
  }

 private:
  static constexpr uint64_t kClean = UINT64_MAX;

  Map items_;
  std::deque<Item*> waiting_;  // By changed_by.
};

}  // namespace tokenfoundry::ledger
