// What was found in texts that came before: columns repeat themselves, and looking a text up costs a hundredth of
// looking through it.
//
// A text is remembered when it comes for the second time. Texts that come once pass by a table of their hashes alone,
// so that however many they are, what is remembered stays; where a place is needed, one goes that was not asked for
// since the last time. A column without repeats costs a few nanoseconds a row and keeps nothing: where next to nothing
// is found again, the memo rests. For one thread at a time. Units: sizes are bytes.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenfoundry/base/hash.h"

namespace tokenfoundry::arrow {

template <typename Found>
class TextMemo {
 public:
  static constexpr size_t kMaxTextBytes = 1024;
  static constexpr size_t kMaxBytes = 16 << 20;  // Of all texts.

  // What was found in `text`, or nothing where that is not known. The next Add is of this text.
  const std::vector<Found>* Find(std::string_view text) {
    is_wanted_ = false;
    if (text.size() > kMaxTextBytes || IsResting()) return nullptr;
    hash_ = Xxh3Low(text) | 1;  // 0 is nobody's.
    if (seen_.empty()) {
      seen_.resize(kSeen);
      sets_.resize(kSets);
      entries_.resize(kSets * kWays);
    }
    Set& set = SetOf(hash_);
    for (size_t way = 0; way < kWays; ++way) {
      if (set.hashes[way] != hash_) continue;
      const Entry& entry = EntryOf(set, way);
      if (entry.text != text) return nullptr;  // A hash can be met on purpose.
      set.asked |= 1U << way;
      ++found_;
      return &entry.found;
    }
    uint64_t& seen = seen_[(hash_ >> 16) % kSeen];
    is_wanted_ = seen == hash_;
    seen = hash_;
    return nullptr;
  }

  void Add(std::string_view text, std::span<const Found> found) {
    if (!is_wanted_) return;
    Set& set = SetOf(hash_);
    constexpr uint32_t kAll = (1U << kWays) - 1;
    if (set.asked == kAll) set.asked = 0;
    const auto way = static_cast<size_t>(std::countr_one(set.asked));
    Entry& entry = EntryOf(set, way);
    bytes_ -= entry.text.size();
    set.hashes[way] = 0;  // What is there is of no text, should memory run out here.
    entry.text.clear();
    entry.found.assign(found.begin(), found.end());
    entry.text = text;
    set.hashes[way] = hash_;
    set.asked |= 1U << way;
    bytes_ += text.size();
    if (bytes_ > kMaxBytes) Clear();
  }

  size_t bytes() const { return bytes_; }  // Of all texts that it remembers.

  // What is found in a text may depend on more than it: the memo is of texts with this label.
  void SetLabel(std::string_view label) {
    if (label == label_) return;
    Clear();
    label_ = label;
  }

 private:
  static constexpr size_t kSeen = 1 << 16;
  static constexpr size_t kSets = 1 << 13;
  static constexpr size_t kWays = 4;
  static constexpr size_t kRoundTexts = 1 << 14;
  static constexpr size_t kWorthFound = kRoundTexts / 50;  // In a round; less is not worth asking for.
  static constexpr size_t kRestRounds = 7;

  struct Entry {
    std::string text;
    std::vector<Found> found;
  };
  struct Set {
    std::array<uint64_t, kWays> hashes = {};  // Of the texts in its entries.
    uint32_t asked = 0;                       // Which of them were asked for, a bit each.
  };

  Set& SetOf(uint64_t hash) { return sets_[(hash >> 40) % kSets]; }
  Entry& EntryOf(const Set& set, size_t way) {
    return entries_[static_cast<size_t>(&set - sets_.data()) * kWays + way];
  }

  bool IsResting() {
    if (++asked_ < kRoundTexts) return resting_ > 0;
    if (resting_ > 0) {
      --resting_;
    } else if (found_ < kWorthFound) {
      resting_ = kRestRounds;
    }
    asked_ = 0;
    found_ = 0;
    return resting_ > 0;
  }

  void Clear() {
    seen_.clear();
    sets_.clear();
    entries_.clear();
    bytes_ = 0;
  }

  std::string label_;
  std::vector<uint64_t> seen_;  // Hashes of the texts that came last.
  std::vector<Set> sets_;
  std::vector<Entry> entries_;  // Of each set its ways.
  size_t bytes_ = 0;
  uint64_t hash_ = 0;  // Of the text that was asked for last.
  bool is_wanted_ = false;
  size_t asked_ = 0;  // In this round, and of those found.
  size_t found_ = 0;
  size_t resting_ = 0;  // Rounds.
};

}  // namespace tokenfoundry::arrow
