// The layout of a vocabulary table (FORMAT.md) and the arithmetic that its writer and its reader share.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "tokenfoundry/base/endian.h"
#include "tokenfoundry/base/hash.h"
#include "tokenfoundry/tokens/terms.h"

namespace tokenfoundry::tokens {

inline constexpr std::string_view kMagic = "tfvocab\n";
inline constexpr uint32_t kFormatVersion = 3;
inline constexpr size_t kDigestedFrom = 48;  // content_sha256 covers every byte from here on.
inline constexpr int kIdBits = 20;
inline constexpr uint32_t kIdLimit = (1u << kIdBits) - 1;  // Ids are below it, so that no slot in use is all ones.
inline constexpr size_t kShortTokenBytes = 13;

struct TableHeader {
  char magic[8];
  uint32_t version;
  uint32_t zero;
  uint8_t content_sha256[32];
  uint64_t file_bytes;
  uint8_t source_sha256[32];
  char name[32];
  uint32_t pretokenizer;
  uint32_t token_count;
  uint32_t special_count;
  uint32_t max_token_bytes;
  uint32_t short_slot_count;
  uint32_t long_slot_count;
  uint32_t pair_slot_count;
  uint32_t text_bytes;
  uint32_t filter_words;
  uint32_t id_count;  // 0: the id of a token is its number.
  uint32_t text_rules;
  uint8_t reserved[28];
};
static_assert(sizeof(TableHeader) == 192);
static_assert(offsetof(TableHeader, file_bytes) == kDigestedFrom);
static_assert(offsetof(TableHeader, pretokenizer) == 120);

struct ShortSlot {
  uint64_t low = 0;
  uint64_t high = 0;
};
static_assert(sizeof(ShortSlot) == 16);

// The two tokens that a token is merged from; twice its own id where nothing merges into it.
struct Split {
  uint32_t left = 0;
  uint32_t right = 0;
};
static_assert(sizeof(Split) == 8);

// A character below U+10000 that is a token, kNoToken where it is none, and what its two ends may do before that
// (whole_characters_internal.h).
struct WholeCharacter {
  uint32_t id = ~uint32_t{0};
  uint16_t ending = 0;
  uint16_t beginning = 0;
};
static_assert(sizeof(WholeCharacter) == 8);

inline constexpr size_t kWholeCharacters = 0x10000;
inline constexpr size_t kBytePairs = 256 * 256;
inline constexpr uint64_t kEmptySlot = ~uint64_t{0};  // Of long and pair slots.
inline constexpr int kSlotIdShift = 64 - kIdBits;     // Of short and long slots: the id is on top.
inline constexpr uint64_t kSlotKeyMask = (uint64_t{1} << kSlotIdShift) - 1;

// Where each section begins, in bytes from the start of the file.
struct TableLayout {
  explicit TableLayout(const TableHeader& header) {
    byte_ids = Place(256 * sizeof(uint32_t));
    special_ids = Place(uint64_t{header.special_count} * sizeof(uint32_t));
    special_traits = Place(uint64_t{header.special_count} * sizeof(uint32_t));
    ids = Place((header.id_count == 0 ? 0 : uint64_t{header.token_count}) * sizeof(uint32_t));
    tokens_of_ids = Place(uint64_t{header.id_count} * sizeof(uint32_t));
    text_offsets = Place((uint64_t{header.token_count} + header.special_count + 1) * sizeof(uint32_t));
    short_slots = Place(uint64_t{header.short_slot_count} * sizeof(ShortSlot));
    long_slots = Place(uint64_t{header.long_slot_count} * sizeof(uint64_t));
    pair_slots = Place(uint64_t{header.pair_slot_count} * sizeof(uint64_t));
    pair_filter = Place(uint64_t{header.filter_words} * sizeof(uint64_t));
    byte_pairs = Place(kBytePairs * sizeof(uint32_t));
    whole_characters = Place(kWholeCharacters * sizeof(WholeCharacter));
    splits = Place(uint64_t{header.token_count} * sizeof(Split));
    text = Place(header.text_bytes);
  }

  uint64_t byte_ids, special_ids, special_traits, ids, tokens_of_ids, text_offsets, short_slots, long_slots, pair_slots,
      pair_filter, byte_pairs, whole_characters, splits, text;
  uint64_t file_bytes = sizeof(TableHeader);

 private:
  uint64_t Place(uint64_t size_bytes) {
    const uint64_t begin = (file_bytes + 63) / 64 * 64;
    file_bytes = begin + size_bytes;
    return begin;
  }
};

inline uint64_t Fold(uint64_t a, uint64_t b) {
  const auto product =
      static_cast<unsigned __int128>(a ^ 0x9E3779B97F4A7C15u) * static_cast<unsigned __int128>(b ^ 0xC2B2AE3D27D4EB4Fu);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint32_t FirstSlot(uint64_t hash, uint32_t slot_count) {
  return static_cast<uint32_t>((hash >> 32) * slot_count >> 32);
}
inline uint32_t NextSlot(uint32_t slot, uint32_t slot_count) { return slot + 1 == slot_count ? 0 : slot + 1; }

// What is left of 16 bytes read at a token of so many bytes, and its length where ShortKey has it.
struct ShortMask {
  uint64_t low, high, size;
};
inline constexpr auto kShortMasks = [] {
  std::array<ShortMask, kShortTokenBytes + 1> masks = {};
  for (uint64_t size = 0; size <= kShortTokenBytes; ++size) {
    masks[size].low = size >= 8 ? ~uint64_t{0} : (uint64_t{1} << 8 * size) - 1;
    masks[size].high = size <= 8 ? 0 : (uint64_t{1} << 8 * (size - 8)) - 1;
    masks[size].size = size << 40;
  }
  return masks;
}();

// The key of a token of 1 to kShortTokenBytes bytes, when 16 bytes can be read at it.
inline ShortSlot ShortKeyWithin(const char* bytes, size_t size) {
  const ShortMask& mask = kShortMasks[size];
  return {LoadLittle<uint64_t>(bytes) & mask.low, (LoadLittle<uint64_t>(bytes + 8) & mask.high) | mask.size};
}

// The same. Reads no byte outside of it.
inline ShortSlot ShortKey(std::string_view token) {
  char bytes[16] = {};
  std::memcpy(bytes, token.data(), token.size());
  return ShortKeyWithin(bytes, token.size());
}
inline uint64_t ShortHash(const ShortSlot& key) { return Fold(key.low, key.high); }

// Of more than kShortTokenBytes bytes: block by block of 16, the last ones overlapping.
inline uint64_t LongHash(std::string_view token) {
  const char* at = token.data();
  const char* const end = at + token.size();
  uint64_t hash = token.size();
  for (; end - at > 16; at += 16) hash = Fold(LoadLittle<uint64_t>(at) ^ hash, LoadLittle<uint64_t>(at + 8));
  const char* const last = token.size() < 16 ? token.data() : end - 16;
  return Fold(LoadLittle<uint64_t>(last) ^ hash, LoadLittle<uint64_t>(end - 8));
}

inline uint64_t PairKey(uint32_t left, uint32_t right) { return uint64_t{left} << kIdBits | right; }
inline uint64_t PairHash(uint64_t key) { return Fold(key, 0); }

// Two bits of one word say whether a pair may be there. The count of words is a power of two.
inline uint64_t FilterBits(uint64_t hash) { return uint64_t{1} << (hash >> 58) | uint64_t{1} << (hash >> 52 & 63); }
inline size_t FilterWord(uint64_t hash, size_t word_count) { return hash & (word_count - 1); }

}  // namespace tokenfoundry::tokens
