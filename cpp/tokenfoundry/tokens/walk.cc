#include <algorithm>
#include <cstring>

#include "tokenfoundry/tokens/merge_internal.h"
#include "tokenfoundry/tokens/scan_internal.h"
#include "tokenfoundry/tokens/walk_internal.h"

namespace tokenfoundry::tokens {
namespace {

constexpr size_t kCopyIds = 8;

// What a merge or a memory gives for a piece that is no token.
struct Several {
  std::span<const uint32_t> ids;
  const Learnt::Word* word = nullptr;  // Instead of `ids`.
  size_t count() const { return word != nullptr ? word->count() : ids.size(); }
};

// Some hundred pieces on their way: first all are cut and hashed and their slots are called to the cache, then all are
// looked up without a branch on what is found, and what was not found is gone through by itself.
class Pieces {
 public:
  Pieces(const Vocabulary& vocabulary, Learnt& learnt)
      : vocabulary_(vocabulary), learnt_(learnt), scan_(ScanOf(vocabulary.pretokenizer())) {
    cuts_.slots = vocabulary.short_slots();
    cuts_.slot_count = vocabulary.short_slot_count();
    cuts_.most_hashed = std::max<size_t>(vocabulary.max_token_bytes(), Learnt::kPhraseBytes);
  }

  // Takes the next pieces from `at`, and returns where they end.
  const char* Next(const char* at, const char* end) {
    from_ = at;
    count_ = scan_(at, end, &cuts_);
    LookUp();
    return at + cuts_.ends[count_ - 1];
  }

  size_t count() const { return count_; }
  const uint32_t* ids() const { return ids_; }  // By piece; unset where it is missed.
  size_t missed_count() const { return missed_count_; }
  size_t missed(size_t i) const { return missed_[i]; }

  std::string_view bytes(size_t piece) const {
    const uint64_t begin = piece == 0 ? 0 : cuts_.ends[piece - 1];
    return {from_ + begin, static_cast<size_t>(cuts_.ends[piece] - begin)};
  }

  // The ids of a missed piece, valid until the next call.
  Several Resolve(size_t piece) {
    const std::string_view text = bytes(piece);
    return text.size() <= kShortTokenBytes ? ResolveShort(piece, text) : ResolveLong(piece, text);
  }

 private:
  void LookUp() {
    const ShortSlot* const slots = cuts_.slots;
    size_t missed = 0;
    for (size_t i = 0; i < count_; ++i) {
      const ShortSlot& slot = slots[cuts_.first_slots[i]];
      const ShortSlot& key = cuts_.keys[i];
      ids_[i] = static_cast<uint32_t>(slot.high >> kSlotIdShift);
      missed_[missed] = static_cast<uint8_t>(i);
      missed += ((slot.low ^ key.low) | ((slot.high & kSlotKeyMask) ^ key.high)) != 0;
    }
    missed_count_ = missed;
    for (size_t i = 0; i < missed; ++i) {
      const ShortSlot& key = cuts_.keys[missed_[i]];
      if (key.high == kNoShortKey) {
        learnt_.PrefetchPhrase(key.low);
        vocabulary_.PrefetchLong(key.low);
      } else {
        learnt_.PrefetchWord(ShortHash(key));
      }
    }
  }

  Several ResolveShort(size_t piece, std::string_view text) {
    const ShortSlot& key = cuts_.keys[piece];
    const uint64_t hash = ShortHash(key);
    if (const Learnt::Word* const word = learnt_.FindWord(key, hash)) return {{}, word};
    if (const std::span<const uint32_t> known = learnt_.FindPhrase(text, hash); !known.empty()) return {known};
    size_t count = 1;
    resolved_[0] = vocabulary_.FindShort(key, hash);
    if (resolved_[0] == kNoToken) {
      count = merge_(vocabulary_, text, resolved_);
      if (!learnt_.AddWord(key, hash, {resolved_, count})) learnt_.AddPhrase(text, hash, {resolved_, count});
    }
    return {{resolved_, count}};
  }

  Several ResolveLong(size_t piece, std::string_view text) {
    if (text.size() > cuts_.most_hashed) return {merger_.Merge(text)};
    const uint64_t hash = cuts_.keys[piece].low;
    if (const std::span<const uint32_t> known = learnt_.FindPhrase(text, hash); !known.empty()) return {known};
    resolved_[0] = vocabulary_.FindLong(text, hash);
    if (resolved_[0] != kNoToken) return {{resolved_, 1}};
    const std::span<const uint32_t> merged = merger_.Merge(text);
    learnt_.AddPhrase(text, hash, merged);
    return {merged};
  }

  const Vocabulary& vocabulary_;
  Learnt& learnt_;
  const Scan scan_;
  const MergePiece merge_ = BestMergePiece();
  Merger merger_{vocabulary_};

  const char* from_ = nullptr;
  size_t count_ = 0;
  size_t missed_count_ = 0;
  Cuts cuts_;
  uint32_t ids_[kScanEnds + kCopyIds];
  uint8_t missed_[kScanEnds + 1];
  uint32_t resolved_[kSmallPieceBytes];
};
static_assert(kScanEnds <= UINT8_MAX);

// Copies `count` ids, and up to kCopyIds - 1 more: most runs are a few ids long, too short for a call.
inline void CopyIds(const uint32_t* from, size_t count, uint32_t* to) {
  for (size_t i = 0; i < count; i += kCopyIds) std::memcpy(to + i, from + i, kCopyIds * sizeof(uint32_t));
}

}  // namespace

void AppendIds(const Vocabulary& vocabulary, Learnt& learnt, std::string_view text, Ids* ids) {
  Pieces pieces(vocabulary, learnt);
  size_t used = ids->size();
  // English has 4 to 5 bytes a token.
  ids->resize(used + text.size() / 4 + kScanEnds + kCopyIds);
  const auto grow = [&](size_t more) {
    if (used + more > ids->size()) ids->resize(std::max(used + more, ids->size() + ids->size() / 2));
    return ids->data();
  };
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    at = pieces.Next(at, end);
    uint32_t* out = grow(pieces.count() + kCopyIds);
    size_t done = 0;
    for (size_t i = 0; i < pieces.missed_count(); ++i) {
      const size_t piece = pieces.missed(i);
      CopyIds(pieces.ids() + done, piece - done, out + used);
      used += piece - done;
      done = piece + 1;
      const Several several = pieces.Resolve(piece);
      const size_t count = several.count();
      out = grow(count + pieces.count() - piece + kCopyIds);
      if (several.word == nullptr) {
        std::copy_n(several.ids.begin(), count, out + used);
      } else {
        for (size_t n = 0; n < count; ++n) out[used + n] = several.word->id(n);
      }
      used += count;
    }
    CopyIds(pieces.ids() + done, pieces.count() - done, out + used);
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
