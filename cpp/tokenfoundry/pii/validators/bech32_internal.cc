#include "tokenfoundry/pii/validators/bech32_internal.h"

#include <algorithm>
#include <cstdint>

#include "tokenfoundry/pii/ascii_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr size_t kMaxSize = 90;
constexpr size_t kCheckSize = 6;
constexpr uint32_t kBech32 = 1;
constexpr uint32_t kBech32m = 0x2bc830a3;

uint32_t Step(uint32_t check, uint32_t value) {
  constexpr uint32_t kGenerator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
  const uint32_t top = check >> 25;
  check = (check & 0x1ffffff) << 5 ^ value;
  for (int i = 0; i < 5; ++i) check ^= (top >> i & 1) != 0 ? kGenerator[i] : 0;
  return check;
}

uint32_t StepPrefix(std::string_view prefix) {
  uint32_t check = 1;
  for (const char c : prefix) check = Step(check, static_cast<uint8_t>(c) >> 5);
  check = Step(check, 0);
  for (const char c : prefix) check = Step(check, static_cast<uint8_t>(c) & 31);
  return check;
}

bool IsOfOneCase(std::string_view text) {
  return std::none_of(text.begin(), text.end(), IsUpper) ||
         std::none_of(text.begin(), text.end(), [](char c) { return IsLetter(c) && !IsUpper(c); });
}

// A program is 2 to 40 bytes, of version 0 20 or 32; the bits that fill up its last character are 0 and fewer than
// five.
bool IsProgram(size_t version, size_t characters, size_t last_value) {
  const size_t filling_bits = characters * 5 % 8;
  const size_t bytes = characters * 5 / 8;
  if (filling_bits >= 5 || (last_value & ((1u << filling_bits) - 1)) != 0) return false;
  return version == 0 ? bytes == 20 || bytes == 32 : version <= 16 && bytes >= 2 && bytes <= 40;
}

}  // namespace

bool IsSegwitAddress(std::string_view address, std::string_view prefix) {
  const size_t data = prefix.size() + 1;
  if (address.size() > kMaxSize || address.size() < data + 1 + 1 + kCheckSize || !IsOfOneCase(address)) return false;
  const auto is_same = [](char a, char b) { return a == ToLower(b); };
  if (!std::equal(prefix.begin(), prefix.end(), address.begin(), is_same) || address[prefix.size()] != '1')
    return false;
  uint32_t check = StepPrefix(prefix);
  size_t last_value = 0;
  for (size_t i = data; i < address.size(); ++i) {
    const size_t value = kAlphabet.find(ToLower(address[i]));
    if (value == std::string_view::npos) return false;
    check = Step(check, static_cast<uint32_t>(value));
    if (i + kCheckSize < address.size()) last_value = value;
  }
  const size_t version = kAlphabet.find(ToLower(address[data]));
  return check == (version == 0 ? kBech32 : kBech32m) &&
         IsProgram(version, address.size() - data - 1 - kCheckSize, last_value);
}

}  // namespace tokenfoundry::pii
