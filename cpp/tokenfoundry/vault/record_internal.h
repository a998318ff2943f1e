// Bytes of the vault's families; FORMAT.md describes them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tokenfoundry/base/endian.h"

namespace tokenfoundry::vault {

// Kinds of records in vault.values. Never renumbered.
enum class RecordOf : char { kValue = 1, kNumber = 2, kLast = 3 };

inline std::string IdKey(uint64_t id) {
  std::string key;
  AppendBig(&key, id);
  return key;
}

inline std::string KeyOf(uint64_t id, RecordOf what, std::string_view rest) {
  std::string key = IdKey(id);
  key.push_back(static_cast<char>(what));
  key.append(rest);
  return key;
}

inline std::string NumberKey(uint64_t id, std::string_view kind, uint32_t number) {
  std::string key = KeyOf(id, RecordOf::kNumber, kind);
  AppendBig(&key, number);
  return key;
}

inline std::string EncodeNumber(uint32_t number) {
  std::string bytes;
  AppendLittle(&bytes, number);
  return bytes;
}

// Nothing when the bytes are not as EncodeNumber made them.
inline std::optional<uint32_t> DecodeNumber(std::string_view bytes) {
  ByteReader reader(bytes);
  const uint32_t number = reader.Little<uint32_t>();
  if (!reader.AtEnd() || number == 0) return std::nullopt;
  return number;
}

}  // namespace tokenfoundry::vault
