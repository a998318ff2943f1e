#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizers/inet_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kGroups = 8;
constexpr size_t kMaxZoneBytes = 32;

size_t HexSize(std::string_view text, size_t at, size_t most) {
  size_t size = 0;
  while (size < most && IsHex(At(text, at + size))) ++size;
  return size;
}

// The end of "%eth0" at `at`, or `at`.
size_t ZoneEnd(std::string_view text, size_t at) {
  if (At(text, at) != '%' || !IsAlnum(At(text, at + 1))) return at;
  size_t end = at + 1;
  while (end - at <= kMaxZoneBytes && (IsAlnum(At(text, end)) || At(text, end) == '-')) ++end;
  return end;
}

}  // namespace

Ipv4 ReadIpv4(std::string_view text, size_t start) {
  Ipv4 address;
  size_t at = start;
  for (size_t i = 0; i < address.octets.size(); ++i) {
    if (i > 0 && At(text, at++) != '.') return address;
    int value = 0;
    size_t digits = 0;
    for (; digits < 4 && IsDigit(At(text, at)); ++digits, ++at) value = 10 * value + (text[at] - '0');
    if (digits == 0 || digits > 3 || value > 255 || (digits > 1 && text[at - digits] == '0')) return address;
    address.octets[i] = static_cast<uint8_t>(value);
  }
  address.end = at;
  return address;
}

Ipv6 ReadIpv6(std::string_view text, size_t start) {
  Ipv6 address;
  Ipv6 read;
  size_t at = start;
  if (text.substr(at).starts_with("::")) {
    read.compressed = true;
    at += 2;
    address = read;
    address.end = at;
  }
  while (read.groups < kGroups) {
    const size_t size = HexSize(text, at, 5);
    if (size == 0 || size > 4) break;
    const Ipv4 ipv4 = At(text, at + size) == '.' && read.groups + 2 <= kGroups ? ReadIpv4(text, at) : Ipv4{};
    if (ipv4.end != 0) {
      read.embeds_ipv4 = true;
      read.groups += 2;
      at = ipv4.end;
    } else {
      ++read.groups;
      at += size;
    }
    if (read.groups == kGroups || read.compressed) {
      address = read;
      address.end = at;
    }
    if (read.embeds_ipv4 || At(text, at) != ':') break;
    if (At(text, at + 1) != ':') {
      ++at;
      continue;
    }
    if (read.compressed) break;
    read.compressed = true;
    at += 2;
    address = read;
    address.end = at;
  }
  if (address.compressed && address.groups >= kGroups) return {};
  if (address.end > 0) address.end = ZoneEnd(text, address.end);
  return address;
}

size_t PrefixLengthEnd(std::string_view text, size_t start, size_t end, int most) {
  if (At(text, end) != '/' || Before(text, start) == '/' || Before(text, start) == '@') return end;
  size_t at = end + 1;
  int length = 0;
  while (at - end <= 3 && IsDigit(At(text, at))) length = 10 * length + (text[at++] - '0');
  const char after = At(text, at);
  return at == end + 1 || length > most || IsAlnum(after) || after == '/' || after == '_' ||
                 (after == '.' && IsDigit(At(text, at + 1)))
             ? end
             : at;
}

void AddAddress(std::string_view text, size_t start, size_t end, Sink* sink) {
  constexpr double kHostScore = 0.75;
  const size_t before = Before(text, start) == '[' ? start - 1 : start;
  if (Before(text, before) == '/' && Before(text, before, 2) == '/') {
    sink->Add(Entity::kIpAddress, start, end, Evidence::kPattern, kHostScore);
  } else {
    sink->AddValidated(Entity::kIpAddress, start, end);
  }
}

}  // namespace tokenfoundry::pii
