#include <algorithm>
#include <array>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/disguises_internal.h"

namespace tokenfoundry::pii {
namespace {

struct Disguise {
  size_t size = 0;         // Bytes; 0 for none.
  std::string_view plain;  // What it stands for: one byte or nothing.
  bool is_spaced = false;  // Space around it belongs to it.
};

// Bytes that a disguise may begin with.
constexpr std::string_view kLeads = "%[({<&\xC2\xE2\xEF";
constexpr size_t kMaxSpaces = 2;

struct Written {
  std::string_view as, plain;
};
constexpr Written kEscapes[] = {{"%40", "@"}, {"%2e", "."},   {"%2d", "-"},    {"%2b", "+"},
                                {"%20", " "}, {"&#64;", "@"}, {"&#x40;", "@"}, {"&commat;", "@"}};
// In brackets, in the languages of the catalogue; "@" and "." as reports of attacks write them.
constexpr Written kWords[] = {{"at", "@"},  {"@", "@"}, {"chiocciola", "@"}, {"arroba", "@"}, {"arobase", "@"},
                              {"dot", "."}, {".", "."}, {"punto", "."},      {"point", "."},  {"punkt", "."}};

constexpr std::string_view kFirstOfWords = "a@cd.p";

bool StartsWithIgnoringCase(std::string_view text, size_t at, std::string_view lower) {
  if (text.size() - at < lower.size()) return false;
  return std::equal(lower.begin(), lower.end(), text.begin() + static_cast<ptrdiff_t>(at),
                    [](char wanted, char c) { return ToLower(c) == wanted; });
}

// The soft hyphen, spaces without width, marks of direction and joining, the byte order mark.
bool IsUnseen(std::string_view character) {
  if (character == "\xC2\xAD" || character == "\xEF\xBB\xBF") return true;
  if (character.size() != 3 || character[0] != '\xE2') return false;
  const auto last = static_cast<unsigned char>(character[2]);
  if (character[1] == '\x80') return (last >= 0x8B && last <= 0x8F) || (last >= 0xAA && last <= 0xAE);
  return character[1] == '\x81' && last >= 0xA0 && last <= 0xAF;
}

// The ASCII sign that a full-width one (U+FF01..U+FF5E) is of; 0 for what no value is made of.
char NarrowOf(std::string_view character) {
  if (character.size() != 3 || character[0] != '\xEF' || (character[1] != '\xBC' && character[1] != '\xBD')) return 0;
  const unsigned code = (static_cast<unsigned char>(character[1]) == 0xBD ? 0x60u : 0x20u) +
                        (static_cast<unsigned char>(character[2]) & 0x3Fu);
  const char narrow = code < 0x7F ? static_cast<char>(code) : '\0';
  return IsAlnum(narrow) || std::string_view("@.-_+/:").find(narrow) != std::string_view::npos ? narrow : '\0';
}

constexpr std::string_view kAscii =
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";

Disguise BracketsAt(std::string_view text, size_t at) {
  constexpr std::string_view kOpen = "[({<", kClose = "])}>";
  const char close = kClose[kOpen.find(text[at])];
  const size_t begin = at + 1 + (At(text, at + 1) == ' ' ? 1 : 0);
  if (kFirstOfWords.find(ToLower(At(text, begin))) == std::string_view::npos) return {};  // As nearly all in code.
  for (const Written& word : kWords) {
    if (!StartsWithIgnoringCase(text, begin, word.as)) continue;
    const size_t end = begin + word.as.size() + (At(text, begin + word.as.size()) == ' ' ? 1 : 0);
    if (At(text, end) == close) return {end + 1 - at, word.plain, true};
  }
  return {};
}

Disguise DisguiseAt(std::string_view text, size_t at) {
  const char lead = text[at];
  if (lead == '%' || lead == '&') {
    for (const Written& escape : kEscapes) {
      if (StartsWithIgnoringCase(text, at, escape.as)) return {escape.as.size(), escape.plain};
    }
    return {};
  }
  if (static_cast<unsigned char>(lead) < 0x80) return BracketsAt(text, at);
  const std::string_view character = text.substr(at, lead == '\xC2' ? 2 : 3);
  if (IsUnseen(character)) return {character.size(), ""};
  if (const char narrow = NarrowOf(character))
    return {character.size(), kAscii.substr(static_cast<size_t>(narrow - ' '), 1)};
  return {};
}

size_t SpacesBefore(std::string_view text, size_t at, size_t least) {
  size_t count = 0;
  while (count < kMaxSpaces && at - count > least && text[at - count - 1] == ' ') ++count;
  return count;
}

size_t SpacesAt(std::string_view text, size_t at) {
  size_t count = 0;
  while (count < kMaxSpaces && At(text, at + count) == ' ') ++count;
  return count;
}

constexpr std::array<bool, 256> kIsLead = [] {
  std::array<bool, 256> is_lead = {};
  for (const char lead : kLeads) is_lead[static_cast<unsigned char>(lead)] = true;
  return is_lead;
}();

}  // namespace

bool HasDisguise(std::string_view text) {
  return std::any_of(kLeads.begin(), kLeads.end(), [&](char lead) {
    for (size_t at = text.find(lead); at != std::string_view::npos; at = text.find(lead, at + 1)) {
      if (DisguiseAt(text, at).size > 0) return true;
    }
    return false;
  });
}

Undisguised::Undisguised(std::string_view text) {
  plain_.reserve(text.size());
  size_t done = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if (!kIsLead[static_cast<unsigned char>(text[at])]) continue;
    const Disguise disguise = DisguiseAt(text, at);
    if (disguise.size == 0) continue;
    const size_t start = at - (disguise.is_spaced ? SpacesBefore(text, at, done) : 0);
    const size_t end = at + disguise.size + (disguise.is_spaced ? SpacesAt(text, at + disguise.size) : 0);
    plain_.append(text, done, start - done);
    const auto plain_start = static_cast<uint32_t>(plain_.size());
    plain_.append(disguise.plain);
    changes_.push_back(
        {plain_start, static_cast<uint32_t>(plain_.size()), static_cast<uint32_t>(start), static_cast<uint32_t>(end)});
    done = end;
    at = end - 1;
  }
  plain_.append(text, done);
}

const Undisguised::Change* Undisguised::Before(uint32_t plain_at) const {
  const auto after = std::upper_bound(changes_.begin(), changes_.end(), plain_at,
                                      [](uint32_t at, const Change& change) { return at < change.plain_start; });
  return after == changes_.begin() ? nullptr : &*std::prev(after);
}

std::optional<Extent> Undisguised::Origin(Extent extent) const {
  const auto origin = [&](uint32_t plain_at, bool is_end) {
    const Change* const change = Before(plain_at);
    const uint32_t behind = is_end ? 1 : 0;
    if (change == nullptr) return plain_at + behind;
    if (plain_at < change->plain_end) return is_end ? change->end : change->start;
    return change->end + (plain_at - change->plain_end) + behind;
  };
  const Extent found{origin(extent.start, false), origin(extent.end - 1, true)};
  if (found.end - found.start == extent.end - extent.start) return std::nullopt;
  return found;
}

}  // namespace tokenfoundry::pii
