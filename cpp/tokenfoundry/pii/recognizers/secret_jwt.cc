// JSON Web Tokens: the anchor is the base64url of `{"`. The header must decode to JSON that names an algorithm; two to
// five parts follow each other with dots between.
#include <string>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"
#include "tokenfoundry/pii/recognizers/token_shapes_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kAnchorBytes = 3;
constexpr size_t kMaxHeaderBytes = 2048;
constexpr size_t kMaxTokenBytes = 12 * 1024;
constexpr size_t kMinPartBytes = 4;
constexpr size_t kMaxParts = 5;  // Of an encrypted one (RFC 7516); a signed one has three.

int Base64UrlValue(char c) {
  if (IsUpper(c)) return c - 'A';
  if (IsLetter(c)) return c - 'a' + 26;
  if (IsDigit(c)) return c - '0' + 52;
  return c == '-' || c == '+' ? 62 : 63;
}

std::string Decode(std::string_view base64url) {
  std::string bytes;
  uint32_t bits = 0;
  int filled = 0;
  for (const char c : base64url) {
    bits = bits << 6 | static_cast<uint32_t>(Base64UrlValue(c));
    filled += 6;
    if (filled < 8) continue;
    filled -= 8;
    bytes += static_cast<char>(bits >> filled & 0xFF);
  }
  return bytes;
}

size_t PartEnd(std::string_view text, size_t start, size_t most) {
  size_t end = start;
  while (end - start < most && Holds(Alphabet::kBase64Url, At(text, end))) ++end;
  return end;
}

void FindJwts(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  size_t last_end = 0;
  for (const uint32_t anchor_end : anchor_ends) {
    ++sink->steps;
    const size_t start = anchor_end - kAnchorBytes;
    if (start < last_end || Holds(Alphabet::kBase64Url, Before(text, start))) continue;
    const size_t header_end = PartEnd(text, start, kMaxHeaderBytes);
    sink->steps += header_end - start;
    last_end = header_end;
    if (At(text, header_end) != '.') continue;
    const std::string header = Decode(text.substr(start, header_end - start));
    if (header.find("\"alg\"") == std::string::npos) continue;
    size_t end = header_end;
    size_t parts = 1;
    while (parts < kMaxParts && At(text, end) == '.' && end - start < kMaxTokenBytes) {
      const size_t part_end = PartEnd(text, end + 1, kMaxTokenBytes - (end - start));
      if (part_end - end - 1 < kMinPartBytes) break;
      sink->steps += part_end - end;
      end = part_end;
      ++parts;
    }
    if (parts < 2) continue;
    last_end = end;
    sink->AddValidated(Entity::kSecret, start, end);
  }
}

std::string Anchor() { return "eyJ"; }

}  // namespace

const Recognizer kSecretJwtRecognizer = {Anchor, false, FindJwts, &kSecretPemRecognizer};

}  // namespace tokenfoundry::pii
