// The anchor is the @ sign. The local part is a dot-atom to its left, the domain at least two labels to its right.
#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"
#include "tokenfoundry/pii/recognizers/secret_text_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kMaxLocalBytes = 64;    // RFC 5321, 4.5.3.1.1.
constexpr size_t kMaxDomainBytes = 255;  // RFC 5321, 4.5.3.1.2.
constexpr size_t kMaxLabelBytes = 63;    // RFC 1035, 2.3.4.

// Not top-level domains, but what follows "@2x." in the name of an image.
constexpr std::string_view kFileTypes[] = {"png", "jpg", "jpeg", "gif", "svg", "webp", "css"};

// A Latin letter with a diacritic (U+00C0..U+024F), in two bytes: addresses may hold them (RFC 6531).
bool IsLatinLetter(char lead, char next) {
  const auto first = static_cast<unsigned char>(lead);
  if (first < 0xC3 || first > 0xC9 || (static_cast<unsigned char>(next) & 0xC0) != 0x80) return false;
  return !(first == 0xC3 && (next == '\x97' || next == '\xB7'));  // The signs of multiplication and division.
}

// Bytes of the letter or digit that ends just before `at`, or 0.
size_t WordSizeBefore(std::string_view text, size_t at) {
  if (IsAlnum(Before(text, at))) return 1;
  return at >= 2 && IsLatinLetter(text[at - 2], text[at - 1]) ? 2 : 0;
}

size_t WordSize(std::string_view text, size_t at) {
  if (IsAlnum(At(text, at))) return 1;
  return IsLatinLetter(At(text, at), At(text, at + 1)) ? 2 : 0;
}

// The atext of RFC 5322 that people use. The rest (= / ? & and friends) is what stands around an address in logs and
// URLs.
bool IsLocalSign(char c) { return std::string_view("_%+-'").find(c) != std::string_view::npos; }

size_t LocalStart(std::string_view text, size_t at_sign, uint64_t* steps) {
  size_t start = at_sign;
  while (at_sign - start < kMaxLocalBytes) {
    ++*steps;
    if (const size_t word = WordSizeBefore(text, start)) {
      start -= word;
    } else if (IsLocalSign(Before(text, start)) || (Before(text, start) == '.' && Before(text, start, 2) != '.')) {
      --start;
    } else {
      break;
    }
  }
  if (WordSizeBefore(text, start) != 0) return at_sign;  // Longer than an address may be.
  while (start < at_sign && text[start] != '_' && WordSize(text, start) == 0) ++start;
  return start;
}

bool IsTopLevel(std::string_view label) {
  if (label.size() < 2) return false;
  if (label.starts_with("xn--")) return true;
  if (!std::all_of(label.begin(), label.end(), [](char c) { return IsLetter(c) || (c & 0x80) != 0; })) return false;
  return std::find(std::begin(kFileTypes), std::end(kFileTypes), label) == std::end(kFileTypes);
}

// The end of the longest domain that starts at `start`, or `start`.
size_t DomainEnd(std::string_view text, size_t start, uint64_t* steps) {
  size_t domain_end = start;
  for (size_t at = start;; ++at) {
    const size_t label_start = at;
    while (at - start < kMaxDomainBytes) {
      const size_t size = At(text, at) == '-' && at > label_start ? 1 : WordSize(text, at);
      if (size == 0) break;
      at += size;
      ++*steps;
    }
    if (at - start >= kMaxDomainBytes) return domain_end;
    size_t label_end = at;
    while (label_end > label_start && text[label_end - 1] == '-') --label_end;
    const std::string_view label = text.substr(label_start, label_end - label_start);
    if (label.empty() || label.size() > kMaxLabelBytes) return domain_end;
    if (label_start > start && IsTopLevel(label)) domain_end = label_end;
    if (label_end != at || At(text, at) != '.') return domain_end;
  }
}

// Whether a password or a token ends at the @ ("://user:password@host"). What `start` begins is then a part of it.
bool IsUserinfo(std::string_view text, size_t start, size_t at_sign, uint64_t* steps) {
  constexpr size_t kReach = 96;  // Bytes back to the scheme.
  size_t at = start;
  size_t colon = start;
  while (at > 0 && start - at<kReach&& static_cast<unsigned char>(text[at - 1])> ' ' &&
         std::string_view("/\"'<>").find(text[at - 1]) == std::string_view::npos) {
    --at;
    if (text[at] == ':') colon = at;
  }
  *steps += start - at;
  if (Before(text, at) != '/' || Before(text, at, 2) != '/' || Before(text, at, 3) != ':') return false;
  if (colon == start) return at == start && LooksRandom(text.substr(start, at_sign - start));
  // "://host:80?to=anna@example.it" has a port.
  size_t end = colon + 1;
  while (IsDigit(At(text, end))) ++end;
  return end == colon + 1 || (At(text, end) != '?' && At(text, end) != '#');
}

void FindEmails(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  for (const uint32_t domain : anchor_ends) {
    const size_t start = LocalStart(text, domain - 1, &sink->steps);
    if (start == domain - 1) continue;
    const size_t end = DomainEnd(text, domain, &sink->steps);
    if (end > domain && !IsUserinfo(text, start, domain - 1, &sink->steps))
      sink->AddValidated(Entity::kEmailAddress, start, end);
  }
}

std::string Anchor() { return "@"; }

void SeekEmails(std::string_view text, const ByteMaps& maps, std::vector<uint32_t>* ends) {
  maps.ForEach(&ByteBlock::ats, [&](size_t at) { ends->push_back(static_cast<uint32_t>(at + 1)); });
}

}  // namespace

const Recognizer kEmailRecognizer = {Anchor, false, FindEmails, nullptr, SeekEmails};

}  // namespace tokenfoundry::pii
