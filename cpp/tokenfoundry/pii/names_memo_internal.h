// What the tagger knows of words that it met before: their classes, and the sum of their rows. Few words make most of a
// text, so a look into this small table stands for one into the lexicon and up to seven into a table of 3 MB.
//
// For one model and one thread at a time. A word is known by its hashes: no two that differ in one feature share all.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "tokenfoundry/pii/names_features_internal.h"

namespace tokenfoundry::pii {

using RowSum = std::array<int16_t, kWordRowWeights>;

class WordMemo {
 public:
  // Makes room, the first time; to be called before anything else.
  void Prepare() {
    if (entries_.empty()) entries_.resize(kEntries);
  }

  // Begins to load what Find will read.
  void Prefetch(const Word& word) const { __builtin_prefetch(&entries_[IndexOf(word.hash, word.shape)]); }

  // Makes `word`, as it was cut, what Classify would, and gives the sum of its rows. False if it is not known.
  bool Find(Word* word, RowSum* sum) const {
    const Entry& entry = entries_[IndexOf(word->hash, word->shape)];
    const bool is_known = entry.cut_hash == word->hash && entry.shape == word->shape &&
                          entry.shape != Shape::kNothing && entry.plain_hash == word->plain_hash &&
                          entry.prefix3 == word->prefix3 && entry.suffix4 == word->suffix4 &&
                          entry.letters == word->letters;
    if (!is_known) return false;
    word->hash = entry.hash;
    word->classes = entry.classes;
    word->genitive = entry.genitive;
    *sum = entry.sum;
    return true;
  }

  // `cut_hash` is what the word's was before Classify.
  void Add(const Word& word, uint64_t cut_hash, const RowSum& sum) {
    entries_[IndexOf(cut_hash, word.shape)] = {sum,          cut_hash,     word.hash,    word.plain_hash,
                                               word.prefix3, word.suffix4, word.classes, word.letters,
                                               word.shape,   word.genitive};
  }

 private:
  static constexpr size_t kEntries = 1 << 12;

  struct Entry {
    RowSum sum = {};
    uint64_t cut_hash = 0;
    uint64_t hash = 0;
    uint64_t plain_hash = 0;
    uint32_t prefix3 = 0;
    uint32_t suffix4 = 0;
    uint16_t classes = 0;
    uint8_t letters = 0;
    Shape shape = Shape::kNothing;  // That of no word: the entry is free.
    bool genitive = false;
  };

  static size_t IndexOf(uint64_t cut_hash, Shape shape) {
    return (cut_hash ^ cut_hash >> 32 ^ static_cast<uint64_t>(shape) << 3) % kEntries;
  }

  std::vector<Entry> entries_;
};

}  // namespace tokenfoundry::pii
