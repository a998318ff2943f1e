// The layout of a vocabulary table (FORMAT.md) and the arithmetic that its writer and its reader share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "tokenfoundry/base/endian.h"
#include "tokenfoundry/base/hash.h"

namespace tokenfoundry::tokens {

inline constexpr std::string_view kMagic = "tfvocab\n";
inline constexpr uint32_t kFormatVersion = 1;
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
  uint8_t reserved[40];
};
static_assert(sizeof(TableHeader) == 192);
static_assert(offsetof(TableHeader, file_bytes) == kDigestedFrom);
static_assert(offsetof(TableHeader, pretokenizer) == 120);

struct ShortSlot {
  uint64_t low = 0;
  uint64_t high = 0;
};
static_assert(sizeof(ShortSlot) == 16);

inline constexpr uint64_t kEmptySlot = ~uint64_t{0};  // Of long and pair slots.
inline constexpr int kSlotIdShift = 64 - kIdBits;     // Of short and long slots: the id is on top.
inline constexpr uint64_t kSlotKeyMask = (uint64_t{1} << kSlotIdShift) - 1;

// Where each section begins, in bytes from the start of the file.
struct TableLayout {
  explicit TableLayout(const TableHeader& header) {
    byte_ids = Place(256 * sizeof(uint32_t));
    special_ids = Place(uint64_t{header.special_count} * sizeof(uint32_t));
    text_offsets = Place((uint64_t{header.token_count} + header.special_count + 1) * sizeof(uint32_t));
    short_slots = Place(uint64_t{header.short_slot_count} * sizeof(ShortSlot));
    long_slots = Place(uint64_t{header.long_slot_count} * sizeof(uint64_t));
    pair_slots = Place(uint64_t{header.pair_slot_count} * sizeof(uint64_t));
    text = Place(header.text_bytes);
  }

  uint64_t byte_ids, special_ids, text_offsets, short_slots, long_slots, pair_slots, text;
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

// The key of a token of 1 to kShortTokenBytes bytes. Reads none outside it.
inline ShortSlot ShortKey(std::string_view token) {
  const char* const bytes = token.data();
  const size_t size = token.size();
  ShortSlot key;
  if (size >= 8) {
    key.low = LoadLittle<uint64_t>(bytes);
    key.high = LoadLittle<uint64_t>(bytes + size - 8) >> 1 >> (8 * (16 - size) - 1);  // In two steps: size may be 8.
  } else if (size >= 4) {
    key.low = LoadLittle<uint32_t>(bytes) | uint64_t{LoadLittle<uint32_t>(bytes + size - 4)} << 8 * (size - 4);
  } else {
    key.low = static_cast<uint8_t>(bytes[0]) | uint64_t{static_cast<uint8_t>(bytes[size / 2])} << 8 * (size / 2) |
              uint64_t{static_cast<uint8_t>(bytes[size - 1])} << 8 * (size - 1);
  }
  key.high |= uint64_t{size} << 40;
  return key;
}
inline uint64_t ShortHash(const ShortSlot& key) { return Fold(key.low, key.high); }
inline uint64_t LongHash(std::string_view token) { return Xxh3Low(token); }

inline uint64_t PairKey(uint32_t left, uint32_t right) { return uint64_t{left} << kIdBits | right; }
inline uint64_t PairHash(uint64_t key) { return Fold(key, 0); }

}  // namespace tokenfoundry::tokens
