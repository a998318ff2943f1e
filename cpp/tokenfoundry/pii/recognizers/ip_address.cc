// IPv4: the anchor is the first digit of a run. Four octets are also a version, a section or an object identifier, so
// what stands around them decides. A prefix length ("/24") belongs to the address.
#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"
#include "tokenfoundry/pii/recognizers/inet_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr double kSmallOctetsScore = 0.4;  // 1.2.3.4 is a version or a section rather than an address.
constexpr uint8_t kSmallOctet = 50;        // Versions and sections seldom count further.
constexpr int kMaxPrefixLength = 32;

// Whether what starts at `start` goes on with something: a longer dotted number, a name, a product ("Chrome/1.2.3.4").
bool IsJoinedBefore(std::string_view text, size_t start) {
  const char before = Before(text, start);
  const char further = Before(text, start, 2);
  if (IsAlnum(before) || before == '_') return true;
  if (before == '.') return IsDigit(further);
  if (before == '-' || before == '+') return IsLetter(further) || further == '_';
  if (before == '/') return IsLetter(further);
  return false;
}

bool IsJoinedAfter(std::string_view text, size_t end) {
  const char after = At(text, end);
  const char further = At(text, end + 1);
  if (IsAlnum(after) || after == '_') return true;
  if (after == '.') return IsAlnum(further);
  if (after == '-' || after == '+') return IsLetter(further);
  return false;
}

bool IsLineStart(std::string_view text, size_t start) {
  while (Before(text, start) == ' ' || Before(text, start) == '\t' || Before(text, start) == '#') --start;
  return start == 0 || text[start - 1] == '\n';
}

// "1.2.3.4 Title", "1.2.3.4. Title" at the start of a line.
bool IsSectionNumber(std::string_view text, size_t start, size_t end) {
  if (!IsLineStart(text, start)) return false;
  if (At(text, end) == '.') ++end;
  return At(text, end) == ' ' && IsUpper(At(text, end + 1));
}

// Whether a word that says version stands just before: "version 1.2.3.4", "Version=1.2.3.4", "version": "1.2.3.4".
bool SaysVersion(std::string_view text, size_t start, size_t end, Sink* sink) {
  constexpr size_t kMaxGapBytes = 8;
  const std::optional<Extent> cue = sink->cues().Beside(start, end, Cue::kVersion);
  if (!cue || cue->end > start || start - cue->end > kMaxGapBytes) return false;
  const std::string_view gap = text.substr(cue->end, start - cue->end);
  return gap.find('\n') == std::string_view::npos;
}

// A private network, nobody's address, the resolvers that everybody types.
bool IsWellKnown(const std::array<uint8_t, 4>& octets) {
  return octets[0] == 10 || (octets[0] == octets[1] && octets[2] == octets[3]);
}

void FindIpv4(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  if (!sink->Wants(Entity::kIpAddress)) return;
  for (const uint32_t anchor_end : anchor_ends) {
    const size_t start = anchor_end - 1;
    ++sink->steps;
    // One to three digits and a dot, or there is nothing to read.
    const size_t dot = text.substr(anchor_end, 3).find('.');
    if (dot == std::string_view::npos || !IsDigit(At(text, anchor_end + dot + 1))) continue;
    const Ipv4 address = ReadIpv4(text, start);
    sink->steps += 8;
    if (address.end == 0 || IsJoinedBefore(text, start) || IsJoinedAfter(text, address.end)) continue;
    const bool small =
        std::all_of(address.octets.begin(), address.octets.end(), [](uint8_t o) { return o <= kSmallOctet; });
    if (small && IsSectionNumber(text, start, address.end)) continue;
    if (SaysVersion(text, start, address.end, sink)) continue;
    const size_t end = PrefixLengthEnd(text, start, address.end, kMaxPrefixLength);
    if (small && !IsWellKnown(address.octets)) {
      sink->AddForm(Entity::kIpAddress, start, end, kSmallOctetsScore);
    } else {
      AddAddress(text, start, end, sink);
    }
  }
}

}  // namespace

const Recognizer kIpAddressRecognizer = {DigitRunAnchor, false, FindIpv4, &kIpv6AddressRecognizer, SeekDigitRuns};

}  // namespace tokenfoundry::pii
