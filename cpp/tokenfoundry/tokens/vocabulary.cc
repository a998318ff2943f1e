#include <algorithm>
#include <bit>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "tokenfoundry/tokens/vocabulary_internal.h"

namespace tokenfoundry::tokens {
namespace {

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(absl::StrCat("the vocabulary table is damaged: ", AbslView(what)));
}

template <typename T>
std::span<const T> Section(std::string_view table, uint64_t begin, uint64_t count) {
  return {reinterpret_cast<const T*>(table.data() + begin), static_cast<size_t>(count)};
}

}  // namespace

absl::StatusOr<Vocabulary> Vocabulary::Check(std::string_view table) {
  if (table.size() < sizeof(TableHeader)) return Damaged("it is shorter than its header");
  const auto* const header = reinterpret_cast<const TableHeader*>(table.data());
  if (!table.starts_with(kMagic) || header->zero != 0) return Damaged("it does not begin as one");
  if (header->version != kFormatVersion) {
    return absl::DataLossError(absl::StrCat("the vocabulary table has format version ", header->version,
                                            ", this build reads version ", kFormatVersion));
  }
  if (header->file_bytes != table.size()) {
    return Damaged(absl::StrCat("it has ", table.size(), " bytes of ", header->file_bytes));
  }
  const Digest digest = Sha256Of(table.substr(kDigestedFrom));
  if (!std::equal(digest.begin(), digest.end(), header->content_sha256)) return Damaged("its SHA-256 does not match");

  const TableLayout layout(*header);
  if (layout.file_bytes != table.size()) return Damaged("its sections do not fill it");
  Vocabulary vocabulary;
  vocabulary.header_ = header;
  vocabulary.name_ = std::string_view(header->name, strnlen(header->name, sizeof(header->name)));
  vocabulary.text_ = table.substr(layout.text);
  vocabulary.byte_ids_ = Section<uint32_t>(table, layout.byte_ids, 256);
  vocabulary.special_ids_ = Section<uint32_t>(table, layout.special_ids, header->special_count);
  vocabulary.special_traits_ = Section<uint32_t>(table, layout.special_traits, header->special_count);
  vocabulary.ids_ = Section<uint32_t>(table, layout.ids, header->id_count == 0 ? 0 : header->token_count);
  vocabulary.tokens_of_ids_ = Section<uint32_t>(table, layout.tokens_of_ids, header->id_count);
  vocabulary.text_offsets_ =
      Section<uint32_t>(table, layout.text_offsets, uint64_t{header->token_count} + header->special_count + 1);
  vocabulary.short_slots_ = Section<ShortSlot>(table, layout.short_slots, header->short_slot_count);
  vocabulary.long_slots_ = Section<uint64_t>(table, layout.long_slots, header->long_slot_count);
  vocabulary.pair_slots_ = Section<uint64_t>(table, layout.pair_slots, header->pair_slot_count);
  vocabulary.pair_filter_ = Section<uint64_t>(table, layout.pair_filter, header->filter_words);
  vocabulary.byte_pairs_ = Section<uint32_t>(table, layout.byte_pairs, kBytePairs);
  vocabulary.whole_characters_ = Section<WholeCharacter>(table, layout.whole_characters, kWholeCharacters);
  vocabulary.splits_ = Section<Split>(table, layout.splits, header->token_count);
  TF_RETURN_IF_ERROR(vocabulary.CheckSections());
  TF_RETURN_IF_ERROR(vocabulary.CheckIds());
  TF_RETURN_IF_ERROR(vocabulary.CheckMerges());
  return vocabulary;
}

// The digest proves that the bytes are those that were written. This proves that what was written is a table, whoever
// wrote it: no id or offset out of range, and an empty slot that ends every search.
absl::Status Vocabulary::CheckSections() const {
  const uint32_t tokens = token_count();
  const auto is_token = [tokens](uint64_t id) { return id < tokens; };
  if (PieceEndOf(pretokenizer()) == nullptr) return Damaged("its pretokenizer is unknown");
  if (tokens > kIdLimit || max_token_bytes() == 0 || max_token_bytes() > UINT16_MAX) {
    return Damaged("its sizes are out of range");
  }
  if (!std::all_of(byte_ids_.begin(), byte_ids_.end(), is_token)) return Damaged("a byte has no token");

  if ((text_rules() & ~kAllTextRules) != 0) return Damaged("it has unknown rules");
  if (text_offsets_.front() != 0 || text_offsets_.back() != text_.size() ||
      !std::is_sorted(text_offsets_.begin(), text_offsets_.end())) {
    return Damaged("its text offsets are out of order");
  }
  for (uint32_t id = 0; id < tokens; ++id) {
    if (TextAt(id).size() - 1 >= max_token_bytes()) return Damaged("a token is empty or too long");
  }

  bool has_empty = false;
  for (const ShortSlot& slot : short_slots_) {
    if (slot.high == 0) {
      has_empty = true;
    } else if (!is_token(slot.high >> kSlotIdShift)) {
      return Damaged("a short slot names no token");
    }
  }
  if (!has_empty) return Damaged("its short slots are full");
  has_empty = false;
  for (const uint64_t slot : long_slots_) {
    if (slot == kEmptySlot) {
      has_empty = true;
    } else if (!is_token(slot >> kSlotIdShift)) {
      return Damaged("a long slot names no token");
    }
  }
  if (!has_empty) return Damaged("its long slots are full");
  return absl::OkStatus();
}

absl::Status Vocabulary::CheckIds() const {
  if (id_end() > kIdLimit) return Damaged("its ids are out of range");
  for (uint32_t token = 0; token < ids_.size(); ++token) {
    const bool is_unused_byte = ids_[token] == kNoToken && SizeOf(token) == 1;
    if (!is_unused_byte && (ids_[token] >= id_end() || tokens_of_ids_[ids_[token]] != token)) {
      return Damaged("two tokens have one id");
    }
  }
  for (const uint32_t token : tokens_of_ids_) {
    if (token != kNoToken && token >= token_count()) return Damaged("an id is of no token");
  }
  uint32_t above = 0;
  for (const uint32_t id : special_ids_) {
    if (id < above || id >= kIdLimit) return Damaged("its special ids are out of order");
    above = id + 1;
  }
  for (size_t i = 0; i < special_ids_.size(); ++i) {
    const bool may_share = (special_traits_[i] & kMayBeOrdinary) != 0;
    if (!may_share && TokenOfId(special_ids_[i]) != kNoToken) return Damaged("a special token has another's id");
    if (TextAt(token_count() + static_cast<uint32_t>(i)).empty()) return Damaged("a special token is empty");
    if ((special_traits_[i] & ~kAllSpecialTraits) != 0) return Damaged("a special token has unknown traits");
  }
  return absl::OkStatus();
}

absl::Status Vocabulary::CheckMerges() const {
  const uint32_t tokens = token_count();
  bool has_empty = false;
  for (const uint64_t slot : pair_slots_) {
    if (slot == kEmptySlot) {
      has_empty = true;
    } else if (!IsWholePair(slot >> 2 * kIdBits, slot >> kIdBits & kIdLimit, slot & kIdLimit)) {
      return Damaged("a pair slot does not join two tokens into one");
    }
  }
  if (!has_empty) return Damaged("its pair slots are full");
  if (!std::has_single_bit(pair_filter_.size())) return Damaged("its filter is not of a power of two");
  for (size_t i = 0; i < kBytePairs; ++i) {
    if (byte_pairs_[i] != kNoToken && !IsWholePair(byte_ids_[i >> 8], byte_ids_[i & 255], byte_pairs_[i])) {
      return Damaged("two bytes do not join into a token");
    }
  }
  for (size_t code_point = 0; code_point < kWholeCharacters; ++code_point) {
    const uint32_t id = whole_characters_[code_point].id;
    const size_t size = code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : 3;
    if (id != kNoToken && (id >= tokens || SizeOf(id) != size)) return Damaged("a character is no token");
  }
  for (uint32_t id = 0; id < tokens; ++id) {
    const Split split = splits_[id];
    if (split.left == id ? split.right != id : !IsWholePair(split.left, split.right, id)) {
      return Damaged("a token is not made of two");
    }
  }
  return absl::OkStatus();
}

bool Vocabulary::IsWholePair(uint64_t left, uint64_t right, uint64_t merged) const {
  if (std::max({left, right, merged}) >= token_count()) return false;
  const auto size = [this](uint64_t id) { return SizeOf(static_cast<uint32_t>(id)); };
  return size(left) + size(right) == size(merged);
}

uint32_t Vocabulary::FindLong(std::string_view bytes, uint64_t hash) const {
  const uint32_t count = header_->long_slot_count;
  for (uint32_t slot = FirstSlot(hash, count);; slot = NextSlot(slot, count)) {
    const uint64_t entry = long_slots_[slot];
    if (entry == kEmptySlot) return kNoToken;
    const auto id = static_cast<uint32_t>(entry >> kSlotIdShift);
    if ((entry & kSlotKeyMask) == (hash & kSlotKeyMask) && TextAt(id) == bytes) return id;
  }
}

std::vector<SpecialToken> Vocabulary::Specials() const {
  std::vector<SpecialToken> tokens;
  for (uint32_t i = 0; i < special_ids_.size(); ++i) {
    tokens.push_back({special_ids_[i], std::string(TextAt(token_count() + i)), special_traits_[i]});
  }
  return tokens;
}

}  // namespace tokenfoundry::tokens
