// A vocabulary table, read in place: which token some bytes are, which tokens merge, what bytes a token is.
//
// A token has a number here, which is its rank too: of two possible merges, the one into the lower number comes first.
// The id that a model knows it by is another matter where the table says so.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/base/attributes.h"
#include "tokenfoundry/base/status.h"
#include "tokenfoundry/tokens/pretokenizer_internal.h"
#include "tokenfoundry/tokens/special_set_internal.h"
#include "tokenfoundry/tokens/table_internal.h"

namespace tokenfoundry::tokens {

inline constexpr uint32_t kNoToken = ~uint32_t{0};

// Immutable; it borrows the table's bytes for its life.
class Vocabulary {
 public:
  // Checks the digest and that no offset or id leads out of the table, so that reading it afterwards needs no checks.
  // About 1 ms per MB. The bytes are aligned to 8.
  static absl::StatusOr<Vocabulary> Check(std::string_view table ABSL_ATTRIBUTE_LIFETIME_BOUND);

  std::string_view name() const { return name_; }
  Pretokenizer pretokenizer() const { return static_cast<Pretokenizer>(header_->pretokenizer); }
  uint32_t max_token_bytes() const { return header_->max_token_bytes; }
  uint32_t token_count() const { return header_->token_count; }
  uint32_t text_rules() const { return header_->text_rules; }
  bool starts_from_characters() const { return (text_rules() & kFromCharacters) != 0; }

  // The ids that a model knows the ordinary tokens by.
  bool has_own_ids() const { return header_->id_count != 0; }
  uint32_t id_end() const { return has_own_ids() ? header_->id_count : token_count(); }  // Above the highest one.
  void TokensToIds(std::span<uint32_t> tokens) const {
    for (uint32_t& token : tokens) token = ids_[token];
  }
  uint32_t IdOf(uint32_t token) const { return has_own_ids() ? ids_[token] : token; }
  uint32_t TokenOfId(uint32_t id) const {  // kNoToken: no ordinary token has it.
    if (id >= id_end()) return kNoToken;
    return has_own_ids() ? tokens_of_ids_[id] : id;
  }

  uint32_t ByteToken(uint8_t byte) const { return byte_ids_[byte]; }

  // The ordinary token of exactly these bytes, at least one, or kNoToken.
  uint32_t Find(std::string_view bytes) const {
    if (bytes.size() > kShortTokenBytes) return FindLong(bytes, LongHash(bytes));
    const ShortSlot key = ShortKey(bytes);
    return FindShort(key, ShortHash(key));
  }

  // The same in steps, so that the memory can be on its way meanwhile.
  const ShortSlot* short_slots() const { return short_slots_.data(); }
  uint32_t FindShort(const ShortSlot& key, uint64_t hash) const {
    const uint32_t count = header_->short_slot_count;
    for (uint32_t slot = FirstSlot(hash, count);; slot = NextSlot(slot, count)) {
      const ShortSlot& entry = short_slots_[slot];
      if (entry.low == key.low && (entry.high & kSlotKeyMask) == key.high) {
        return static_cast<uint32_t>(entry.high >> kSlotIdShift);
      }
      if (entry.high == 0) return kNoToken;
    }
  }
  uint32_t FindLong(std::string_view bytes, uint64_t hash) const;
  void PrefetchLong(uint64_t hash) const {
    __builtin_prefetch(&long_slots_[FirstSlot(hash, header_->long_slot_count)]);
  }
  uint32_t short_slot_count() const { return header_->short_slot_count; }

  // The token that two neighbours become, or kNoToken.
  uint32_t Merged(uint32_t left, uint32_t right) const {
    const uint64_t key = PairKey(left, right), hash = PairHash(key), bits = FilterBits(hash);
    if ((pair_filter_[FilterWord(hash, pair_filter_.size())] & bits) != bits) return kNoToken;
    const uint32_t count = header_->pair_slot_count;
    for (uint32_t slot = FirstSlot(hash, count);; slot = NextSlot(slot, count)) {
      const uint64_t entry = pair_slots_[slot];
      if (entry >> kIdBits == key) return static_cast<uint32_t>(entry & kIdLimit);
      if (entry == kEmptySlot) return kNoToken;
    }
  }
  uint32_t MergedBytes(uint8_t left, uint8_t right) const { return byte_pairs_[size_t{left} << 8 | right]; }

  const WholeCharacter& CharacterOf(uint32_t code_point) const { return whole_characters_[code_point]; }

  // The last merge that made a token; itself twice where there is none.
  Split SplitOf(uint32_t id) const { return splits_[id]; }
  size_t SizeOf(uint32_t id) const { return text_offsets_[id + 1] - text_offsets_[id]; }

  // The special tokens that the table names.
  std::vector<SpecialToken> Specials() const;

  std::string_view Bytes(uint32_t token) const { return TextAt(token); }

 private:
  Vocabulary() = default;
  absl::Status CheckSections() const;
  absl::Status CheckIds() const;
  bool IsWholePair(uint64_t left, uint64_t right, uint64_t merged) const;
  absl::Status CheckMerges() const;
  std::string_view TextAt(uint32_t index) const {
    return text_.substr(text_offsets_[index], text_offsets_[index + 1] - text_offsets_[index]);
  }

  const TableHeader* header_ = nullptr;
  std::string_view name_;
  std::string_view text_;
  std::span<const uint32_t> byte_ids_;
  std::span<const uint32_t> special_ids_;
  std::span<const uint32_t> special_traits_;
  std::span<const uint32_t> ids_;
  std::span<const uint32_t> tokens_of_ids_;
  std::span<const uint32_t> text_offsets_;
  std::span<const ShortSlot> short_slots_;
  std::span<const uint64_t> long_slots_;
  std::span<const uint64_t> pair_slots_;
  std::span<const uint64_t> pair_filter_;
  std::span<const uint32_t> byte_pairs_;
  std::span<const WholeCharacter> whole_characters_;
  std::span<const Split> splits_;
};

}  // namespace tokenfoundry::tokens
