#include "tokenfoundry/pii/validators/monero.h"

#include <array>

#include "tokenfoundry/pii/validators/base58_internal.h"
#include "tokenfoundry/pii/validators/digits_internal.h"
#include "tokenfoundry/pii/validators/keccak_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kMaxBytes = 77;
constexpr size_t kLastCharacters = 7;  // Of the last block, which has five bytes; the others are eleven for eight.

// One block as a big-endian number; false if a character is none of Base58's or the number does not fit.
bool DecodeBlock(std::string_view block, uint8_t* bytes, size_t size) {
  unsigned __int128 number = 0;
  for (const char c : block) {
    const int value = Base58Value(c);
    if (value < 0) return false;
    number = number * 58 + static_cast<unsigned>(value);
  }
  for (size_t i = size; i-- > 0; number >>= 8) bytes[i] = static_cast<uint8_t>(number & 0xff);
  return number == 0;
}

}  // namespace

bool IsMonero(std::string_view compact) {
  if (compact.size() != 95 && compact.size() != 106) return false;
  std::array<uint8_t, kMaxBytes> bytes;
  size_t size = 0;
  for (; compact.size() > kLastCharacters; compact.remove_prefix(11), size += 8) {
    if (!DecodeBlock(compact.substr(0, 11), &bytes[size], 8)) return false;
  }
  if (!DecodeBlock(compact, &bytes[size], 5)) return false;
  size += 5;
  const bool is_integrated = size == kMaxBytes;
  if (is_integrated ? bytes[0] != 19 : bytes[0] != 18 && bytes[0] != 42) return false;
  const auto digest = Keccak256({reinterpret_cast<const char*>(bytes.data()), size - 4});
  return std::equal(digest.begin(), digest.begin() + 4, &bytes[size - 4]);
}

}  // namespace tokenfoundry::pii
