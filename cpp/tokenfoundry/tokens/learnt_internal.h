// What calls have learnt: the tokens of pieces that are no token themselves, so that a word is merged once and then
// looked up.
//
// A Learnt is the memory of one call at a time. A pool keeps a bounded number of them: a call takes one, uses it
// without any lock and gives it back warm, so that a new thread starts with what others learnt. When none is free
// (other threads have them, or a fork left them taken) a new one is made, and what comes back to a full place is freed.
// Each is 11 MB of zero pages, of which only what is used becomes memory. The newest replaces the oldest.
//
// LearntPool: thread-safe, lock-free. Learnt: one thread at a time.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "tokenfoundry/tokens/table_internal.h"

namespace tokenfoundry::tokens {

class Learnt {
 public:
  // A piece of up to kShortTokenBytes bytes: at most six ids of 20 bits, three a word; their number above the key.
  struct Word {
    uint64_t low = 0;
    uint64_t high = 0;
    uint64_t ids[2] = {};
    size_t count() const { return high >> kSlotIdShift; }
    uint32_t id(size_t i) const { return static_cast<uint32_t>(ids[i / 3] >> (i % 3 * kIdBits)) & kIdLimit; }
  };
  static_assert(sizeof(Word) == 32);
  static constexpr size_t kWordIds = 6;

  // Longer pieces lie one behind the other in a ring: their size, the number of ids, the bytes, the ids. Never across
  // the ring's end.
  static constexpr size_t kPhraseBytes = 256;
  static constexpr size_t kPhraseIds = 128;

  Learnt();
  ~Learnt();
  Learnt(const Learnt&) = delete;
  Learnt& operator=(const Learnt&) = delete;

  const Word* FindWord(const ShortSlot& key, uint64_t hash) const {
    const Word* const pair = words_ + 2 * (hash & (kWordPairs - 1));
    for (int i = 0; i < 2; ++i) {
      if (pair[i].low == key.low && (pair[i].high & kSlotKeyMask) == key.high) return pair + i;
    }
    return nullptr;
  }
  void PrefetchWord(uint64_t hash) const { __builtin_prefetch(words_ + 2 * (hash & (kWordPairs - 1))); }
  void PrefetchPhrase(uint64_t hash) const { __builtin_prefetch(slots_ + kPhraseWays * (hash & (kPhraseSets - 1))); }
  bool AddWord(const ShortSlot& key, uint64_t hash, std::span<const uint32_t> ids);  // False: too many ids.

  // Empty when it is not known.
  std::span<const uint32_t> FindPhrase(std::string_view piece, uint64_t hash) const;
  void AddPhrase(std::string_view piece, uint64_t hash, std::span<const uint32_t> ids);

 private:
  static constexpr size_t kWordPairs = 32768;
  static constexpr size_t kPhraseWays = 4;
  static constexpr size_t kPhraseSets = 32768;
  static constexpr size_t kRingBytes = 8 << 20;
  static constexpr size_t kWordsBytes = 2 * kWordPairs * sizeof(Word);
  static constexpr size_t kSlotsBytes = kPhraseWays * kPhraseSets * sizeof(uint64_t);
  static constexpr size_t kMemoryBytes = kWordsBytes + kSlotsBytes + kRingBytes;

  char* const memory_;  // What the three lie in.
  Word* words_;
  uint64_t* slots_;  // Bits 0-39: where the phrase lies, in units of 4 bytes written so far, plus one; then its hash.
  char* ring_;
  uint64_t written_bytes_ = 0;  // Ever: what was written a ring's length ago is gone.
};

class LearntPool {
 public:
  ~LearntPool();

  // For the time of a call.
  class Lease {
   public:
    explicit Lease(LearntPool* pool);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Learnt& operator*() const { return *learnt_; }

   private:
    std::atomic<Learnt*>* place_;
    Learnt* learnt_;
  };

 private:
  static constexpr size_t kPlaces = 16;
  std::array<std::atomic<Learnt*>, kPlaces> places_ = {};
};

}  // namespace tokenfoundry::tokens
