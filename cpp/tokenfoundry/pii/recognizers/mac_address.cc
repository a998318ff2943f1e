// The anchor is the middle of a hardware address: two pairs of hexadecimal digits between colons or dashes, or two
// groups of four behind dots. More pairs on either side make it a fingerprint.
#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kAddressBytes = 17;  // aa:bb:cc:dd:ee:ff.
constexpr size_t kDottedBytes = 14;   // aabb.ccdd.eeff.

// Groups of `size` digits with `separator` between, `bytes` long in all.
bool IsGrouped(std::string_view value, size_t size, char separator, size_t bytes) {
  if (value.size() != bytes) return false;
  for (size_t i = 0; i < value.size(); ++i) {
    if ((i + 1) % (size + 1) == 0 ? value[i] != separator : !IsHex(value[i])) return false;
  }
  return true;
}

// Every group alike: nothing, everyone (broadcast), or the example of a format.
bool IsOneDigit(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [&](char c) { return c == value[0] || !IsAlnum(c); });
}

void FindMacs(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  size_t last_end = 0;
  for (const uint32_t anchor_end : anchor_ends) {
    sink->steps += kAddressBytes;
    const bool dotted = text[anchor_end - 5] == '.' && text[anchor_end - 1] != ':' && text[anchor_end - 1] != '-';
    const char separator = dotted ? '.' : text[anchor_end - 1];
    const size_t lead = dotted ? kDottedBytes : 9;  // Bytes of the address up to the anchor's end: "aa:bb:cc:".
    if (anchor_end < lead + last_end) continue;
    const size_t start = anchor_end - lead;
    const size_t size = dotted ? kDottedBytes : kAddressBytes;
    const size_t end = start + size;
    const std::string_view value = text.substr(start, size);
    if (!IsGrouped(value, dotted ? 4 : 2, separator, size) || IsOneDigit(value)) continue;
    const char before = Before(text, start);
    const char after = At(text, end);
    if (IsAlnum(before) || before == '_' || (before == separator && IsHex(Before(text, start, 2)))) continue;
    if (IsAlnum(after) || after == '_' || (after == separator && IsHex(At(text, end + 1)))) continue;
    last_end = end;
    const bool has_letter = std::any_of(value.begin(), value.end(), IsLetter);
    if (has_letter || separator == ':') {
      sink->AddValidated(Entity::kMacAddress, start, end);
    } else {
      sink->AddForm(Entity::kMacAddress, start, end);
    }
  }
}

std::string Anchor() {
  return "[0-9A-Fa-f]:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}:|[0-9A-Fa-f]-[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}-|"
         "\\.[0-9A-Fa-f]{4}\\.[0-9A-Fa-f]{4}";
}

void SeekMacs(std::string_view text, const ByteMaps& maps, std::vector<uint32_t>* ends) {
  const auto are_hex = [&](size_t at, size_t count) {
    return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at),
                       text.begin() + static_cast<std::ptrdiff_t>(at + count), IsHex);
  };
  maps.ForEach(&ByteBlock::address_pairs, [&](size_t first) {
    const bool dotted = text[first] == '.';
    const size_t end = first + (dotted ? 10 : 7);
    if (end > text.size()) return;
    const bool fits = dotted ? are_hex(first + 1, 4) && are_hex(first + 6, 4)
                             : IsHex(Before(text, first)) && are_hex(first + 1, 2) && are_hex(first + 4, 2);
    if (fits) ends->push_back(static_cast<uint32_t>(end));
  });
}

}  // namespace

const Recognizer kMacAddressRecognizer = {Anchor, false, FindMacs, nullptr, SeekMacs};

}  // namespace tokenfoundry::pii
