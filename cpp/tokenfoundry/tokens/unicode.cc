#include <cstddef>

#include "tokenfoundry/tokens/unicode_internal.h"

namespace tokenfoundry::tokens {
namespace {

constexpr Character kStrayByte = {kOther, 1};

bool IsTail(uint8_t byte) { return (byte & 0xC0) == 0x80; }

}  // namespace

Character WideCharacterAt(const char* at, const char* end) {
  const size_t left_bytes = static_cast<size_t>(end - at);
  const auto byte = [at](size_t i) { return static_cast<uint8_t>(at[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0xE0) {
    if (lead < 0xC2 || left_bytes < 2 || !IsTail(byte(1))) return kStrayByte;
    return {ClassOf((lead & 0x1Fu) << 6 | (byte(1) & 0x3Fu)), 2};
  }
  if (lead < 0xF0) {
    if (left_bytes < 3 || !IsTail(byte(1)) || !IsTail(byte(2))) return kStrayByte;
    const uint32_t code_point = (lead & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu);
    const bool is_surrogate = (code_point & 0xF800) == 0xD800;
    if (code_point < 0x800 || is_surrogate) return kStrayByte;
    return {ClassOf(code_point), 3};
  }
  if (lead > 0xF4 || left_bytes < 4 || !IsTail(byte(1)) || !IsTail(byte(2)) || !IsTail(byte(3))) return kStrayByte;
  const uint32_t code_point =
      (lead & 0x07u) << 18 | (byte(1) & 0x3Fu) << 12 | (byte(2) & 0x3Fu) << 6 | (byte(3) & 0x3Fu);
  if (code_point < 0x10000 || code_point > 0x10FFFF) return kStrayByte;
  return {ClassOf(code_point), 4};
}

}  // namespace tokenfoundry::tokens
