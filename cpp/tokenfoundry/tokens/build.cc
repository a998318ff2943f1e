#include "tokenfoundry/tokens/build.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <unordered_set>

#include "absl/strings/str_cat.h"
#include "tokenfoundry/tokens/merge_many_internal.h"
#include "tokenfoundry/tokens/table_internal.h"
#include "tokenfoundry/tokens/whole_characters_internal.h"

namespace tokenfoundry::tokens {
namespace {

// Slots for `count` keys. Of the short tokens two fifths are full, so that nearly all words are where they are first
// looked for: the rarer ones, of higher ids, are those that lie further on.
uint32_t SparseSlotCount(size_t count) { return static_cast<uint32_t>(count * 5 / 2 + 1); }
uint32_t SlotCount(size_t count) { return static_cast<uint32_t>(count * 5 / 3 + 1); }

template <typename Slot, typename IsEmpty>
void Insert(std::vector<Slot>* slots, uint64_t hash, const Slot& entry, IsEmpty&& is_empty) {
  const auto count = static_cast<uint32_t>(slots->size());
  uint32_t slot = FirstSlot(hash, count);
  while (!is_empty((*slots)[slot])) slot = NextSlot(slot, count);
  (*slots)[slot] = entry;
}

struct TokenSlots {
  std::vector<ShortSlot> short_slots;
  std::vector<uint64_t> long_slots;
};

TokenSlots SlotsOfTokens(const std::vector<std::string>& tokens) {
  const auto short_count = std::count_if(tokens.begin(), tokens.end(),
                                         [](const std::string& token) { return token.size() <= kShortTokenBytes; });
  TokenSlots slots;
  slots.short_slots.resize(SparseSlotCount(static_cast<size_t>(short_count)));
  slots.long_slots.resize(SlotCount(tokens.size() - static_cast<size_t>(short_count)), kEmptySlot);
  for (uint64_t id = 0; id < tokens.size(); ++id) {
    if (tokens[id].size() <= kShortTokenBytes) {
      ShortSlot entry = ShortKey(tokens[id]);
      const uint64_t hash = ShortHash(entry);
      entry.high |= id << kSlotIdShift;
      Insert(&slots.short_slots, hash, entry, [](const ShortSlot& slot) { return slot.high == 0; });
    } else {
      const uint64_t hash = LongHash(tokens[id]);
      Insert(&slots.long_slots, hash, (hash & kSlotKeyMask) | id << kSlotIdShift,
             [](uint64_t slot) { return slot == kEmptySlot; });
    }
  }
  return slots;
}

// The two tokens that each token is merged from (FORMAT.md, "Which pairs are there").
PairTokens FindPairs(const std::vector<std::string>& tokens, const std::vector<uint32_t>& byte_ids) {
  std::vector<uint32_t> shortest_first(tokens.size());
  std::iota(shortest_first.begin(), shortest_first.end(), 0u);
  std::stable_sort(shortest_first.begin(), shortest_first.end(),
                   [&](uint32_t a, uint32_t b) { return tokens[a].size() < tokens[b].size(); });
  PairTokens pairs;
  pairs.reserve(tokens.size());
  const auto lookup = [&pairs](uint32_t left, uint32_t right) {
    const auto found = pairs.find(PairKey(left, right));
    return found == pairs.end() ? kNoToken : found->second;
  };
  ManyMerger merger;
  std::vector<uint32_t> ids, merged;
  for (const uint32_t id : shortest_first) {
    ids.clear();
    for (const char byte : tokens[id]) ids.push_back(byte_ids[static_cast<uint8_t>(byte)]);
    merged.assign(ids.size(), kNoToken);
    for (size_t i = 0; i + 1 < ids.size(); ++i) merged[i] = lookup(ids[i], ids[i + 1]);
    if (merger.Merge(ids, merged, lookup) == 2) pairs.emplace(PairKey(ids[0], ids[1]), id);
  }
  return pairs;
}

// About ten bits a pair: of the pairs that are not there, one in twenty seems to be.
std::vector<uint64_t> FilterOfPairs(const PairTokens& pairs) {
  size_t words = 1;
  while (words * 64 < pairs.size() * 8) words *= 2;
  std::vector<uint64_t> filter(words);
  for (const auto& [key, merged] : pairs) filter[FilterWord(PairHash(key), words)] |= FilterBits(PairHash(key));
  return filter;
}

std::vector<uint32_t> MergesOfBytes(const PairTokens& pairs, const std::vector<uint32_t>& byte_ids) {
  std::vector<uint32_t> merges(kBytePairs, kNoToken);
  for (size_t i = 0; i < kBytePairs; ++i) {
    const auto found = pairs.find(PairKey(byte_ids[i >> 8], byte_ids[i & 255]));
    if (found != pairs.end()) merges[i] = found->second;
  }
  return merges;
}

std::vector<Split> SplitsOf(const PairTokens& pairs, size_t token_count) {
  std::vector<Split> splits(token_count);
  for (uint32_t id = 0; id < token_count; ++id) splits[id] = {id, id};
  for (const auto& [key, merged] : pairs) {
    splits[merged] = {static_cast<uint32_t>(key >> kIdBits), static_cast<uint32_t>(key & kIdLimit)};
  }
  return splits;
}

std::vector<uint64_t> SlotsOfPairs(const PairTokens& pairs) {
  std::vector<uint64_t> slots(SlotCount(pairs.size()), kEmptySlot);
  std::vector<std::pair<uint64_t, uint32_t>> ordered(pairs.begin(), pairs.end());
  std::sort(ordered.begin(), ordered.end());  // The same source gives the same bytes.
  for (const auto& [key, merged] : ordered) {
    Insert(&slots, PairHash(key), key << kIdBits | merged, [](uint64_t slot) { return slot == kEmptySlot; });
  }
  return slots;
}

// The id of each single byte; empty when one has none.
std::vector<uint32_t> FindByteIds(const std::vector<std::string>& tokens) {
  std::vector<uint32_t> ids(256, kNoToken);
  for (uint32_t id = 0; id < tokens.size(); ++id) {
    if (tokens[id].size() == 1) ids[static_cast<uint8_t>(tokens[id][0])] = id;
  }
  if (std::find(ids.begin(), ids.end(), kNoToken) != ids.end()) ids.clear();
  return ids;
}

absl::Status CheckSpecial(const VocabularySource& source) {
  std::unordered_set<uint32_t> taken(source.ids.begin(), source.ids.end());
  uint64_t above = 0;
  for (const SpecialToken& token : source.special_tokens) {
    const bool is_taken = source.ids.empty() ? token.id < source.tokens.size() : taken.contains(token.id);
    const bool may_share = (token.traits & kMayBeOrdinary) != 0;
    if (token.id < above || token.id >= kIdLimit || token.text.empty() || (is_taken && !may_share)) {
      return absl::InvalidArgumentError(absl::StrCat("the special token ", token.text, " cannot have the id ", token.id,
                                                     ": it is taken or too high"));
    }
    above = uint64_t{token.id} + 1;
  }
  return absl::OkStatus();
}

// By id: the token that has it, or kNoToken. kInvalidArgument when two have it.
absl::StatusOr<std::vector<uint32_t>> TokensOfIds(const std::vector<uint32_t>& ids) {
  std::vector<uint32_t> tokens;
  for (uint32_t token = 0; token < ids.size(); ++token) {
    if (ids[token] == kNoToken) continue;
    if (ids[token] >= kIdLimit) return absl::InvalidArgumentError(absl::StrCat("the id ", ids[token], " is too high"));
    if (ids[token] >= tokens.size()) tokens.resize(ids[token] + 1, kNoToken);
    if (tokens[ids[token]] != kNoToken) {
      return absl::InvalidArgumentError(absl::StrCat("two tokens have the id ", ids[token]));
    }
    tokens[ids[token]] = token;
  }
  return tokens;
}

absl::Status CheckSource(const VocabularySource& source) {
  if (source.name.empty() || source.name.size() > sizeof(TableHeader::name)) {
    return absl::InvalidArgumentError("a vocabulary needs a name of 1 to 32 bytes");
  }
  if (source.tokens.size() + source.special_tokens.size() >= kIdLimit) {
    return absl::InvalidArgumentError(absl::StrCat("a vocabulary has fewer than ", kIdLimit, " tokens"));
  }
  std::vector<std::string_view> ordered(source.tokens.begin(), source.tokens.end());
  std::sort(ordered.begin(), ordered.end());
  if (std::adjacent_find(ordered.begin(), ordered.end()) != ordered.end()) {
    return absl::InvalidArgumentError("two ids have the same bytes");
  }
  for (const std::string_view token : ordered) {
    if (token.empty() || token.size() > UINT16_MAX) {
      return absl::InvalidArgumentError("a token has 1 to 65535 bytes");
    }
  }
  if (!source.ids.empty() && source.ids.size() != source.tokens.size()) {
    return absl::InvalidArgumentError("each token has an id");
  }
  return CheckSpecial(source);
}

template <typename T>
void Write(std::string* table, uint64_t begin, const std::vector<T>& section) {
  if (!section.empty()) std::memcpy(table->data() + begin, section.data(), section.size() * sizeof(T));
}

}  // namespace

absl::StatusOr<std::string> BuildTable(const VocabularySource& source) {
  TF_RETURN_IF_ERROR(CheckSource(source));
  const std::vector<uint32_t> byte_ids = FindByteIds(source.tokens);
  if (byte_ids.empty()) return absl::InvalidArgumentError("a single byte has no token");
  const TokenSlots token_slots = SlotsOfTokens(source.tokens);
  TF_ASSIGN_OR_RETURN(const std::vector<uint32_t> tokens_of_ids, TokensOfIds(source.ids));
  const PairTokens pairs = source.pairs.has_value() ? *source.pairs : FindPairs(source.tokens, byte_ids);
  const std::vector<uint64_t> pair_slots = SlotsOfPairs(pairs);
  const std::vector<uint64_t> pair_filter = FilterOfPairs(pairs);

  TableHeader header = {};
  std::vector<uint32_t> special_ids, special_traits, text_offsets = {0};
  std::string text;
  for (const std::string& token : source.tokens) {
    header.max_token_bytes = std::max(header.max_token_bytes, static_cast<uint32_t>(token.size()));
    text += token;
    text_offsets.push_back(static_cast<uint32_t>(text.size()));
  }
  for (const SpecialToken& token : source.special_tokens) {
    special_ids.push_back(token.id);
    special_traits.push_back(token.traits);
    text += token.text;
    text_offsets.push_back(static_cast<uint32_t>(text.size()));
  }
  if (text.size() > UINT32_MAX) return absl::InvalidArgumentError("the tokens are longer than 4 GiB together");

  kMagic.copy(header.magic, sizeof(header.magic));
  header.version = kFormatVersion;
  std::copy(source.sha256.begin(), source.sha256.end(), header.source_sha256);
  source.name.copy(header.name, sizeof(header.name));
  header.pretokenizer = static_cast<uint32_t>(source.pretokenizer);
  header.text_rules = source.text_rules;
  header.id_count = static_cast<uint32_t>(tokens_of_ids.size());
  header.token_count = static_cast<uint32_t>(source.tokens.size());
  header.special_count = static_cast<uint32_t>(special_ids.size());
  header.short_slot_count = static_cast<uint32_t>(token_slots.short_slots.size());
  header.long_slot_count = static_cast<uint32_t>(token_slots.long_slots.size());
  header.pair_slot_count = static_cast<uint32_t>(pair_slots.size());
  header.filter_words = static_cast<uint32_t>(pair_filter.size());
  header.text_bytes = static_cast<uint32_t>(text.size());
  const TableLayout layout(header);
  header.file_bytes = layout.file_bytes;

  std::string table(layout.file_bytes, '\0');
  Write(&table, layout.byte_ids, byte_ids);
  Write(&table, layout.special_ids, special_ids);
  Write(&table, layout.special_traits, special_traits);
  Write(&table, layout.ids, source.ids);
  Write(&table, layout.tokens_of_ids, tokens_of_ids);
  Write(&table, layout.text_offsets, text_offsets);
  Write(&table, layout.short_slots, token_slots.short_slots);
  Write(&table, layout.long_slots, token_slots.long_slots);
  Write(&table, layout.pair_slots, pair_slots);
  Write(&table, layout.pair_filter, pair_filter);
  Write(&table, layout.byte_pairs, MergesOfBytes(pairs, byte_ids));
  Write(&table, layout.whole_characters, FindWholeCharacters(source.tokens, byte_ids, pairs));
  Write(&table, layout.splits, SplitsOf(pairs, source.tokens.size()));
  text.copy(table.data() + layout.text, text.size());

  std::memcpy(table.data(), &header, sizeof(header));
  const Digest digest = Sha256Of(std::string_view(table).substr(kDigestedFrom));
  std::memcpy(table.data() + offsetof(TableHeader, content_sha256), digest.data(), digest.size());
  return table;
}

}  // namespace tokenfoundry::tokens
