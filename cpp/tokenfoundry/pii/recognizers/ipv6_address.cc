// IPv6: the anchor is "::", or two colons with up to four hexadecimal digits between. The same letters are scopes in
// C++ ("std::add"), slices in Python ("[1::2]"), times and fingerprints; a digit in the right place tells them apart.
#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"
#include "tokenfoundry/pii/recognizers/inet_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kMaxAddressBytes = 48;
constexpr size_t kFullGroups = 8;
constexpr int kMaxPrefixLength = 128;

// Where the run of hexadecimal digits and colons around `at` starts, no further left than `floor`.
size_t RunStart(std::string_view text, size_t floor, size_t at) {
  size_t start = at;
  while (start > floor && at - start < kMaxAddressBytes && (IsHex(text[start - 1]) || text[start - 1] == ':')) --start;
  // A word's last letters and its colon are a label: "address:fe80::1".
  if (IsAlnum(Before(text, start)) || Before(text, start) == '_') {
    while (start < at && text[start] != ':') ++start;
  }
  if (At(text, start) == ':' && At(text, start + 1) != ':') ++start;
  return start;
}

bool IsJoinedAfter(std::string_view text, size_t end) {
  const char after = At(text, end);
  if (IsAlnum(after) || after == '_' || (after == ':' && (IsHex(At(text, end + 1)) || At(text, end + 1) == ':')))
    return true;
  return after == '(' || (after == '.' && IsDigit(At(text, end + 1)));
}

// "x[1::2]", "f()[::4]". Two numbers at most, and no letters among them.
bool IsSlice(std::string_view text, size_t start, std::string_view address, const Ipv6& read) {
  if (read.groups > 2 || std::any_of(address.begin(), address.end(), IsLetter)) return false;
  if (Before(text, start) == ',' || Before(text, start, 2) == ',') return true;
  if (Before(text, start) != '[') return false;
  const char indexed = Before(text, start, 2);
  return IsAlnum(indexed) || indexed == '_' || indexed == ']' || indexed == ')' || indexed == '"' || indexed == '\'';
}

// Eight pairs are a fingerprint's beginning or an EUI-64.
bool IsPairs(std::string_view address) {
  for (size_t at = 0; at < address.size(); at += 3) {
    if (!IsHex(address[at]) || !IsHex(At(address, at + 1)) || (At(address, at + 2) != ':' && at + 2 < address.size()))
      return false;
  }
  return true;
}

// Whether a short form is surely an address and not two names with a scope operator between.
bool IsSureShortForm(std::string_view address, const Ipv6& read) {
  if (read.embeds_ipv4) return true;
  if (std::none_of(address.begin(), address.end(), IsDigit)) return false;
  if (read.groups >= 3) return true;
  if (address.starts_with("::")) return IsDigit(At(address, 2)) && address.size() <= 6;
  const char first = ToLower(address[0]);
  const size_t first_size = std::min(address.find(':'), address.size());
  // fc00::/7, fe80::/10, ff00::/8.
  return IsDigit(first) || (first == 'f' && first_size == 4 && ToLower(address[1]) >= 'c');
}

void FindIpv6(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  if (!sink->Wants(Entity::kIpAddress)) return;
  size_t floor = 0;
  for (const uint32_t anchor_end : anchor_ends) {
    ++sink->steps;
    if (anchor_end <= floor) continue;
    const size_t start = RunStart(text, floor, anchor_end - 1);
    const Ipv6 read = ReadIpv6(text, start);
    // Whatever this run is, it is no other address: each run is read once.
    size_t run_end = std::max<size_t>(anchor_end, read.end);
    while (run_end - start < kMaxAddressBytes && (IsHex(At(text, run_end)) || At(text, run_end) == ':')) ++run_end;
    sink->steps += run_end - start;
    floor = run_end;
    const char before = Before(text, start);
    if (read.end == 0 || IsAlnum(before) || before == '_' || before == '.' || IsJoinedAfter(text, read.end)) continue;
    const std::string_view address = text.substr(start, read.end - start);
    if (read.groups == 0 ||
        (read.compressed && (IsSlice(text, start, address, read) || !IsSureShortForm(address, read))))
      continue;
    if (before == ':' || (read.groups == kFullGroups && IsPairs(address))) continue;
    AddAddress(text, start, PrefixLengthEnd(text, start, read.end, kMaxPrefixLength), sink);
  }
}

std::string Anchor() { return "::|:[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}:"; }

void SeekIpv6(std::string_view text, const ByteMaps& maps, std::vector<uint32_t>* ends) {
  // Behind up to four hexadecimal digits from `at` on and a colon; 0 if there are none or more.
  const auto group_end = [&](size_t at) {
    size_t end = at;
    while (end - at < 5 && IsHex(At(text, end))) ++end;
    return end > at && end - at < 5 && At(text, end) == ':' ? end + 1 : 0;
  };
  maps.ForEach(&ByteBlock::colons, [&](size_t colon) {
    const size_t first = group_end(colon + 1);
    const size_t end = At(text, colon + 1) == ':' ? colon + 2 : first == 0 ? 0 : group_end(first);
    if (end > 0) ends->push_back(static_cast<uint32_t>(end));
  });
}

}  // namespace

const Recognizer kIpv6AddressRecognizer = {Anchor, false, FindIpv6, nullptr, SeekIpv6};

}  // namespace tokenfoundry::pii
