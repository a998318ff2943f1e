#include <algorithm>

#include "tokenfoundry/tokens/merge_internal.h"
#include "tokenfoundry/tokens/scan_internal.h"
#include "tokenfoundry/tokens/walk_internal.h"

namespace tokenfoundry::tokens {
namespace {

// What a merge or a memory gives for a piece that is no token.
struct Several {
  std::span<const uint32_t> ids;
  const Learnt::Word* word = nullptr;  // Instead of `ids`.
  size_t count() const { return word != nullptr ? word->count() : ids.size(); }
};

// Some hundred pieces on their way: first all are hashed and their slots are called to the cache, then all are looked
// up without a branch on what is found, and what was not found is gone through by itself.
class Pieces {
 public:
  Pieces(const Vocabulary& vocabulary, Learnt& learnt)
      : vocabulary_(vocabulary), learnt_(learnt), scan_(ScanOf(vocabulary.pretokenizer())) {}

  // Takes the next pieces from `at`, and returns where they end.
  const char* Next(const char* at, const char* end) {
    from_ = at;
    count_ = scan_(at, end, ends_);
    const uint64_t bytes = ends_[count_ - 1];
    if (static_cast<uint64_t>(end - at) >= bytes + 16) {
      Hash([](const char* piece, size_t size) { return ShortKeyWithin(piece, size); });
    } else {
      Hash([](const char* piece, size_t size) { return ShortKey({piece, size}); });
    }
    LookUp();
    return at + bytes;
  }

  size_t count() const { return count_; }
  const uint32_t* ids() const { return ids_; }  // By piece; unset where it is missed.
  size_t missed_count() const { return missed_count_; }
  size_t missed(size_t i) const { return missed_[i]; }

  std::string_view bytes(size_t piece) const {
    const uint64_t begin = piece == 0 ? 0 : ends_[piece - 1];
    return {from_ + begin, static_cast<size_t>(ends_[piece] - begin)};
  }

  // The ids of a missed piece, valid until the next call.
  Several Resolve(size_t piece) {
    const std::string_view text = bytes(piece);
    return text.size() <= kShortTokenBytes ? ResolveShort(piece, text) : ResolveLong(piece, text);
  }

 private:
  template <typename KeyOf>
  void Hash(KeyOf&& key_of) {
    const ShortSlot* const slots = vocabulary_.short_slots();
    const uint32_t slot_count = vocabulary_.short_slot_count();
    const char* const from = from_;
    uint64_t begin = 0;
    for (size_t i = 0; i < count_; ++i) {
      const char* const at = from + begin;
      const size_t size = ends_[i] - begin;
      begin = ends_[i];
      if (size <= kShortTokenBytes) [[likely]] {
        keys_[i] = key_of(at, size);
        hashes_[i] = ShortHash(keys_[i]);
        __builtin_prefetch(&slots[FirstSlot(hashes_[i], slot_count)]);
      } else {
        keys_[i] = {0, kSlotKeyMask};  // No slot has it.
        hashes_[i] = size <= most_hashed_ ? LongHash({at, size}) : 0;
        vocabulary_.PrefetchLong(hashes_[i]);
      }
    }
  }

  void LookUp() {
    const ShortSlot* const slots = vocabulary_.short_slots();
    const uint32_t slot_count = vocabulary_.short_slot_count();
    size_t missed = 0;
    for (size_t i = 0; i < count_; ++i) {
      const ShortSlot& slot = slots[FirstSlot(hashes_[i], slot_count)];
      ids_[i] = static_cast<uint32_t>(slot.high >> kSlotIdShift);
      missed_[missed] = static_cast<uint8_t>(i);
      missed += ((slot.low ^ keys_[i].low) | ((slot.high & kSlotKeyMask) ^ keys_[i].high)) != 0;
    }
    missed_count_ = missed;
    for (size_t i = 0; i < missed; ++i) {
      learnt_.PrefetchWord(hashes_[missed_[i]]);
      learnt_.PrefetchPhrase(hashes_[missed_[i]]);
    }
  }

  Several ResolveShort(size_t piece, std::string_view text) {
    if (const Learnt::Word* const word = learnt_.FindWord(keys_[piece], hashes_[piece])) return {{}, word};
    size_t count = 1;
    resolved_[0] = vocabulary_.FindShort(keys_[piece], hashes_[piece]);
    if (resolved_[0] == kNoToken) {
      count = merge_(vocabulary_, text, resolved_);
      learnt_.AddWord(keys_[piece], hashes_[piece], {resolved_, count});
    }
    return {{resolved_, count}};
  }

  Several ResolveLong(size_t piece, std::string_view text) {
    if (text.size() > most_hashed_) return {merger_.Merge(text)};
    if (const std::span<const uint32_t> known = learnt_.FindPhrase(text, hashes_[piece]); !known.empty()) {
      return {known};
    }
    resolved_[0] = vocabulary_.FindLong(text, hashes_[piece]);
    if (resolved_[0] != kNoToken) return {{resolved_, 1}};
    const std::span<const uint32_t> merged = merger_.Merge(text);
    learnt_.AddPhrase(text, hashes_[piece], merged);
    return {merged};
  }

  const Vocabulary& vocabulary_;
  Learnt& learnt_;
  const Scan scan_;
  const MergePiece merge_ = BestMergePiece();
  // Longer pieces are neither tokens nor remembered.
  const size_t most_hashed_ = std::max<size_t>(vocabulary_.max_token_bytes(), Learnt::kPhraseBytes);
  Merger merger_{vocabulary_};

  const char* from_ = nullptr;
  size_t count_ = 0;
  size_t missed_count_ = 0;
  uint64_t ends_[kScanEnds];
  ShortSlot keys_[kScanEnds];
  uint64_t hashes_[kScanEnds];
  uint32_t ids_[kScanEnds];
  uint8_t missed_[kScanEnds + 1];
  uint32_t resolved_[kSmallPieceBytes];
};
static_assert(kScanEnds <= UINT8_MAX);

}  // namespace

void AppendIds(const Vocabulary& vocabulary, Learnt& learnt, std::string_view text, Ids* ids) {
  Pieces pieces(vocabulary, learnt);
  size_t used = ids->size();
  ids->resize(used + text.size() / 4 + kScanEnds);  // English has 4 to 5 bytes a token.
  const auto grow = [&](size_t more) {
    if (used + more > ids->size()) ids->resize(std::max(used + more, ids->size() + ids->size() / 2));
  };
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    at = pieces.Next(at, end);
    grow(pieces.count());
    size_t done = 0;
    for (size_t i = 0; i < pieces.missed_count(); ++i) {
      const size_t piece = pieces.missed(i);
      std::copy(pieces.ids() + done, pieces.ids() + piece, ids->data() + used);
      used += piece - done;
      done = piece + 1;
      const Several several = pieces.Resolve(piece);
      grow(several.count() + pieces.count() - piece);
      uint32_t* const out = ids->data() + used;
      if (several.word == nullptr) {
        std::copy(several.ids.begin(), several.ids.end(), out);
      } else {
        for (size_t n = 0; n < several.count(); ++n) out[n] = several.word->id(n);
      }
      used += several.count();
    }
    std::copy(pieces.ids() + done, pieces.ids() + pieces.count(), ids->data() + used);
    used += pieces.count() - done;
  }
  ids->resize(used);
}

uint64_t CountIdsUpTo(const Vocabulary& vocabulary, Learnt& learnt, std::string_view text, uint64_t limit) {
  Pieces pieces(vocabulary, learnt);
  uint64_t count = 0;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end && count <= limit;) {
    at = pieces.Next(at, end);
    count += pieces.count() - pieces.missed_count();
    for (size_t i = 0; i < pieces.missed_count() && count <= limit; ++i) {
      const size_t piece = pieces.missed(i);
      // However it merges, it may pass the limit: a piece of a megabyte need not be merged to know.
      if (pieces.bytes(piece).size() / vocabulary.max_token_bytes() > limit - count) return limit + 1;
      count += pieces.Resolve(piece).count();
    }
  }
  return std::min(count, limit + 1);
}

}  // namespace tokenfoundry::tokens
