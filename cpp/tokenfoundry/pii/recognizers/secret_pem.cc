// Private keys in a textual encoding (RFC 7468), OpenSSH's and OpenPGP's with them: the anchor is the line that begins
// a block. The block reaches to the line that ends it or, if that is missing, as far as its encoding does.
#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kDashes = "-----";
constexpr size_t kMaxLabelBytes = 48;
constexpr size_t kMaxBlockBytes = 16 * 1024 - 256;  // With what a stream needs around it.
constexpr size_t kMinWordBytes = 24;                // A run of base64, where the block's end is missing.

// The label, if the line that starts at `start` begins a private key; else empty.
std::string_view PrivateLabel(std::string_view text, size_t start) {
  const std::string_view line = text.substr(start + kBegin.size(), kMaxLabelBytes + kDashes.size());
  const std::string_view label = line.substr(0, line.find(kDashes));
  if (label.size() == line.size() || label.size() > kMaxLabelBytes) return {};
  return label.find("PRIVATE KEY") == label.npos ? std::string_view() : label;
}

bool IsBase64(char c) { return IsAlnum(c) || c == '+' || c == '/' || c == '='; }

// What stands between the runs of a block: line ends, written out ("\n") or quoted in a program too.
bool IsFiller(char c) { return std::string_view(" \t\r\n\\\"',>|+").find(c) != std::string_view::npos && c != '\0'; }

// Where the next run may start: behind fillers, of which "\n" may be written out as two characters.
size_t SkipFiller(std::string_view text, size_t at, size_t limit) {
  while (at < limit && (IsFiller(text[at]) || (Before(text, at) == '\\' && (text[at] == 'n' || text[at] == 'r')))) ++at;
  return at;
}

// The end of the encoding that starts at `start`: headers ("Proc-Type: 4,ENCRYPTED"), long runs of base64, a short one.
size_t EncodingEnd(std::string_view text, size_t start, size_t limit) {
  size_t end = start;
  while (end < limit) {
    const size_t at = SkipFiller(text, end, limit);
    size_t run = at;
    while (run < limit && (IsBase64(text[run]) || text[run] == '-')) ++run;
    if (run - at >= kMinWordBytes) {
      end = run;
    } else if (text.substr(run, 2) == ": ") {
      end = run + std::min(text.substr(run, limit - run).find('\n'), limit - run);
    } else {
      const bool on_new_line = text.substr(end, at - end).find_first_of("\n\\") != text.npos;
      return end > start && on_new_line ? run : end;
    }
  }
  return end;
}

void FindPrivateKeys(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  size_t last_end = 0;
  for (const uint32_t anchor_end : anchor_ends) {
    const size_t start = anchor_end - kBegin.size();
    sink->steps += kMaxLabelBytes;
    if (start < last_end) continue;
    const std::string_view label = PrivateLabel(text, start);
    if (label.empty()) continue;
    const size_t body = anchor_end + label.size() + kDashes.size();
    const size_t limit = std::min(text.size(), start + kMaxBlockBytes);
    const size_t dashes = std::min(text.substr(0, limit).find(kDashes, body), limit);
    sink->steps += dashes - start;
    size_t end = 0;
    const std::string_view after = text.substr(dashes, 2 * kMaxLabelBytes);
    if (after.starts_with("-----END ")) {
      const size_t close = after.find(kDashes, kDashes.size());
      end = close == after.npos ? dashes : dashes + close + kDashes.size();
      const size_t size = std::count_if(text.begin() + static_cast<ptrdiff_t>(body),
                                        text.begin() + static_cast<ptrdiff_t>(dashes), IsBase64);
      if (size < kMinWordBytes) continue;  // "-----BEGIN PRIVATE KEY-----...-----END PRIVATE KEY-----"
    } else {
      end = EncodingEnd(text, body, dashes);
      if (end == body) continue;
    }
    last_end = end;
    sink->AddValidated(Entity::kSecret, start, end);
  }
}

std::string Anchor() { return std::string(kBegin); }

}  // namespace

const Recognizer kSecretPemRecognizer = {Anchor, false, FindPrivateKeys, &kSecretUserinfoRecognizer};

}  // namespace tokenfoundry::pii
