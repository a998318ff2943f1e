// What was found in texts that came before: columns repeat themselves, and looking a text up costs a hundredth of
// looking through it.
//
// A text is remembered when it comes for the second time, a newer one in the place of an older one, so that a column
// without repeats costs a few nanoseconds a row and keeps nothing. Where next to nothing is found again, the memo
// rests. For one thread at a time. Units: sizes are bytes.
#pragma once

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
    const uint64_t hash = Xxh3Low(text) | 1;  // 0 is nobody's.
    slot_ = static_cast<size_t>(hash >> 32) % kSlots;
    if (tags_.empty()) {
      tags_.resize(kSlots);
      entries_.resize(kSlots);
    }
    if (tags_[slot_] != hash) {
      tags_[slot_] = hash;
      return nullptr;
    }
    const Entry& entry = entries_[slot_];
    if (entry.text == text) {  // A hash can be met on purpose.
      ++found_;
      return &entry.found;
    }
    is_wanted_ = true;
    return nullptr;
  }

  void Add(std::string_view text, std::span<const Found> found) {
    if (!is_wanted_) return;
    Entry& entry = entries_[slot_];
    bytes_ -= entry.text.size();
    entry.text.clear();  // What is there is of no text, should memory run out here.
    entry.found.assign(found.begin(), found.end());
    entry.text = text;
    bytes_ += text.size();
    if (bytes_ > kMaxBytes) Clear();
  }

  // What is found in a text may depend on more than it: the memo is of texts with this label.
  void SetLabel(std::string_view label) {
    if (label == label_) return;
    Clear();
    label_ = label;
  }

 private:
  static constexpr size_t kSlots = 1 << 15;
  static constexpr size_t kRoundTexts = 1 << 14;
  static constexpr size_t kWorthFound = kRoundTexts / 50;  // In a round; less is not worth asking for.
  static constexpr size_t kRestRounds = 7;

  struct Entry {
    std::string text;
    std::vector<Found> found;
  };

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
    tags_.clear();
    entries_.clear();
    bytes_ = 0;
  }

  std::string label_;
  std::vector<uint64_t> tags_;  // Hashes of the texts that came last.
  std::vector<Entry> entries_;
  size_t bytes_ = 0;
  size_t slot_ = 0;  // Of the text that was asked for last.
  bool is_wanted_ = false;
  size_t asked_ = 0;  // In this round, and of those found.
  size_t found_ = 0;
  size_t resting_ = 0;  // Rounds.
};

}  // namespace tokenfoundry::arrow
