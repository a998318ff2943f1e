// Bytes of the cache's families; FORMAT.md describes them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tokenfoundry/base/endian.h"
#include "tokenfoundry/base/hash.h"

namespace tokenfoundry::cache {

struct Slot {
  uint64_t age;  // Its key in cache.ages.
  int64_t expires_at_ms;
  Digest proof;  // SHA-256 of the key material.
  std::string_view value;
};

inline std::string SlotKey(std::string_view key_material) {
  const Hash128 hash = Xxh3(key_material);
  std::string key;
  AppendBig(&key, hash.high);
  AppendBig(&key, hash.low);
  return key;
}

constexpr size_t kSlotHeadBytes = 48;

inline size_t SlotBytes(const Slot& slot) { return kSlotHeadBytes + 8 + slot.value.size(); }

// The checksum covers all that stands before it, and the value after it.
inline std::string EncodeSlot(const Slot& slot) {
  std::string head;
  AppendLittle(&head, slot.age);
  AppendLittle(&head, slot.expires_at_ms);
  head.append(View(slot.proof));
  std::string bytes = head;
  AppendLittle(&bytes, Xxh3Low(head.append(slot.value)));
  bytes.append(slot.value);
  return bytes;
}

// Views `bytes`. Nothing when they are not as EncodeSlot made them.
inline std::optional<Slot> DecodeSlot(std::string_view bytes) {
  if (bytes.size() < kSlotHeadBytes + 8) return std::nullopt;
  ByteReader reader(bytes);
  Slot slot{reader.Little<uint64_t>(), reader.Little<int64_t>(), {}, {}};
  const std::string_view proof = reader.Bytes(slot.proof.size());
  std::copy(proof.begin(), proof.end(), slot.proof.begin());
  const uint64_t checksum = reader.Little<uint64_t>();
  slot.value = bytes.substr(kSlotHeadBytes + 8);
  std::string checked(bytes.substr(0, kSlotHeadBytes));
  if (Xxh3Low(checked.append(slot.value)) != checksum) return std::nullopt;
  return slot;
}

}  // namespace tokenfoundry::cache
