// How the name tagger hashes: cheap, and the same everywhere a model is trained or read.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace tokenfoundry::pii {

constexpr uint64_t Mix(uint64_t a, uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a ^ 0x9E3779B97F4A7C15u) * (b ^ 0xD6E8FEB86659FD93u);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t LoadBlock(const char* bytes) {
  uint64_t block;
  std::memcpy(&block, bytes, sizeof(block));
  return block;
}

// HashBytes of bytes behind which eight more may be read, whatever they are.
inline uint64_t HashPadded(const char* bytes, size_t size) {
  uint64_t hash = size;
  for (; size >= 8; bytes += 8, size -= 8) hash = Mix(hash, LoadBlock(bytes));
  return Mix(hash, LoadBlock(bytes) & ((uint64_t{1} << (8 * size)) - 1));
}

// Of bytes as they are.
constexpr uint64_t LastBlock(const char* bytes, size_t size) {
  uint64_t block = 0;
  for (size_t i = 0; i < size; ++i) block |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[i])) << (8 * i);
  return block;
}

inline uint64_t HashBytes(const char* bytes, size_t size) {
  uint64_t hash = size;
  for (; size >= 8; bytes += 8, size -= 8) hash = Mix(hash, LoadBlock(bytes));
  return Mix(hash, LastBlock(bytes, size));
}

// HashBytes of under eight bytes.
constexpr uint64_t HashShort(std::string_view word) { return Mix(word.size(), LastBlock(word.data(), word.size())); }

}  // namespace tokenfoundry::pii
