#include "tokenfoundry/pii/validators/base58_internal.h"

#include <algorithm>
#include <array>

#include "tokenfoundry/base/hash.h"

namespace tokenfoundry::pii {
namespace {

constexpr std::string_view kAlphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr size_t kMaxSize = 35;
constexpr size_t kPayloadBytes = 21;

using Address = std::array<uint8_t, kPayloadBytes + 4>;

// The number that `text` is, big-endian; false if a character is none of Base58's or the number has more bytes.
bool Decode(std::string_view text, Address& address) {
  address.fill(0);
  for (const char c : text) {
    int carry = Base58Value(c);
    if (carry < 0) return false;
    for (size_t i = address.size(); i-- > 0;) {
      carry += address[i] * 58;
      address[i] = static_cast<uint8_t>(carry & 0xff);
      carry >>= 8;
    }
    if (carry != 0) return false;
  }
  return true;
}

}  // namespace

int Base58Value(char c) {
  const size_t value = kAlphabet.find(c);
  return value == std::string_view::npos ? -1 : static_cast<int>(value);
}

bool IsBase58Check(std::string_view text, std::initializer_list<uint8_t> versions) {
  Address address;
  if (text.size() > kMaxSize || !Decode(text, address)) return false;
  // Each leading zero byte is a leading 1.
  const auto zeros = std::find_if(address.begin(), address.end(), [](uint8_t byte) { return byte != 0; });
  if (text.find_first_not_of('1') != static_cast<size_t>(zeros - address.begin())) return false;
  if (std::find(versions.begin(), versions.end(), address[0]) == versions.end()) return false;
  const std::string_view payload(reinterpret_cast<const char*>(address.data()), kPayloadBytes);
  const Digest digest = Sha256Of(View(Sha256Of(payload)));
  return std::equal(address.begin() + kPayloadBytes, address.end(), digest.begin());
}

}  // namespace tokenfoundry::pii
