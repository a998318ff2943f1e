#include <cstdint>
#include <cstring>

#include "tokenfoundry/text/text.h"

namespace tokenfoundry::text {
namespace {

constexpr uint64_t kHighBits = 0x8080808080808080;

bool IsContinuation(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) == 0x80; }

// The bytes of the code point at the front of `rest`, or 0 if it is malformed. The second byte's range is what excludes
// overlong forms, surrogates and values past U+10FFFF (RFC 3629, section 4).
size_t CodePointSize(std::string_view rest) {
  const auto lead = static_cast<uint8_t>(rest[0]);
  if (lead < 0x80) return 1;
  const size_t size = lead >= 0xC2 && lead <= 0xDF   ? 2
                      : lead >= 0xE0 && lead <= 0xEF ? 3
                      : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                     : 0;
  if (size == 0 || rest.size() < size) return 0;
  const auto second = static_cast<uint8_t>(rest[1]);
  const uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (second < low || second > high) return 0;
  for (size_t i = 2; i < size; ++i) {
    if (!IsContinuation(rest[i])) return 0;
  }
  return size;
}

}  // namespace

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    if (uint64_t eight = 0; text.size() >= sizeof(eight)) {
      std::memcpy(&eight, text.data(), sizeof(eight));
      if ((eight & kHighBits) == 0) {
        text.remove_prefix(sizeof(eight));
        continue;
      }
    }
    const size_t size = CodePointSize(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace tokenfoundry::text
