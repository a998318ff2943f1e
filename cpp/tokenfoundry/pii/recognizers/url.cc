// URLs with a scheme: the anchor is "://". What stands before it must be a scheme of the web, what follows a host.
#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"
#include "tokenfoundry/pii/recognizers/url_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kMaxSchemeBytes = 9;
constexpr size_t kMaxUrlBytes = 8 * 1024;
constexpr size_t kMaxAuthorityBytes = 512;
constexpr double kScore = 0.8;

constexpr std::string_view kSchemes[] = {"http", "https", "ftp",  "ftps", "sftp", "ws",  "wss", "git",       "ssh",
                                         "ldap", "ldaps", "rtsp", "rtmp", "svn",  "nfs", "smb", "git+https", "git+ssh"};
constexpr std::string_view kEntities[] = {"&quot;", "&lt;", "&gt;", "&#39;", "&nbsp;", "&apos;"};

// Where the scheme that ends before `colon` starts, or `colon` if it is none of the web's.
size_t SchemeStart(std::string_view text, size_t colon) {
  size_t start = colon;
  while (colon - start <= kMaxSchemeBytes && (IsAlnum(Before(text, start)) || Before(text, start) == '+')) --start;
  char lower[kMaxSchemeBytes];
  const size_t size = colon - start;
  if (size > kMaxSchemeBytes) return colon;
  for (size_t i = 0; i < size; ++i) lower[i] = ToLower(text[start + i]);
  const std::string_view scheme(lower, size);
  return std::find(std::begin(kSchemes), std::end(kSchemes), scheme) == std::end(kSchemes) ? colon : start;
}

// A quotation mark, a dash, an ellipsis, a no-break space or an ideographic stop: none of them is part of a URL.
bool IsWidePunctuation(std::string_view text, size_t at) {
  const char second = At(text, at + 1);
  switch (text[at]) {
    case '\xC2':
      return second == '\xA0' || second == '\xAB' || second == '\xBB';
    case '\xE2':
      return second == '\x80';
    case '\xE3':
      return second == '\x80';
    case '\xEF':
      return second == '\xBC' || second == '\xBD';
    default:
      return false;
  }
}

bool IsUrlByte(std::string_view text, size_t at) {
  const char c = text[at];
  if ((c & 0x80) != 0) return !IsWidePunctuation(text, at);
  if (c == '&') {
    return std::none_of(std::begin(kEntities), std::end(kEntities),
                        [&](std::string_view entity) { return text.substr(at).starts_with(entity); });
  }
  return IsAlnum(c) || std::string_view("-._~:/?#[]@!$'()*+,;=%{}").find(c) != std::string_view::npos;
}

// The end of the authority: user information, a host or a bracketed address, a port. `start` if there is no host.
size_t AuthorityEnd(std::string_view text, size_t start, uint64_t* steps) {
  size_t end = start;
  bool has_name = false;
  while (end < text.size() && end - start < kMaxAuthorityBytes) {
    const char c = text[end];
    if (!IsUrlByte(text, end) || c == '/' || c == '?' || c == '#' || c == '\'' || c == '{' || c == '}') break;
    if (c == '(' || c == ')' || c == ',' || c == ';' || c == '*') break;
    if (c == ']' && text.substr(start, end - start).find('[') == std::string_view::npos) break;
    has_name = has_name || IsAlnum(c) || (c & 0x80) != 0 || c == '[';
    ++end;
    ++*steps;
  }
  if (!has_name) return start;
  while (std::string_view(".,:!?*").find(text[end - 1]) != std::string_view::npos) --end;
  return end;
}

void FindUrls(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  if (!sink->Wants(Entity::kUrl)) return;
  size_t last_end = 0;
  for (const uint32_t anchor_end : anchor_ends) {
    ++sink->steps;
    if (anchor_end <= last_end) continue;
    const size_t start = SchemeStart(text, anchor_end - 3);
    if (start == anchor_end - 3) continue;
    const size_t host_end = AuthorityEnd(text, anchor_end, &sink->steps);
    if (host_end == anchor_end) continue;
    const size_t end = CellEnd(text, start, UrlEnd(text, host_end, Before(text, start), &sink->steps), sink);
    last_end = end;
    if (end > anchor_end) sink->Add(Entity::kUrl, start, end, Evidence::kPattern, kScore);
  }
}

std::string Anchor() { return "://"; }

}  // namespace

size_t CellEnd(std::string_view text, size_t start, size_t end, Sink* sink) {
  if (text.substr(start, end - start).find_first_of(",;") == std::string_view::npos) return end;
  const char delimiter = sink->cues().columns().DelimiterAt(start);
  return delimiter == '\0' ? end : std::min(end, text.find(delimiter, start));
}

size_t UrlEnd(std::string_view text, size_t at, char quote, uint64_t* steps) {
  constexpr std::string_view kOpening = "([{";
  constexpr std::string_view kClosing = ")]}";
  int open[kOpening.size()] = {};
  if (const char next = At(text, at); next == '\0' || std::string_view("/?#:{").find(next) == std::string_view::npos) {
    return at;
  }
  size_t end = at;
  for (; end < text.size() && end - at < kMaxUrlBytes && IsUrlByte(text, end); ++end) {
    ++*steps;
    const char c = text[end];
    if (c == quote && (c == '\'' || c == '*')) break;
    if (c == '\'' && !IsAlnum(At(text, end + 1))) break;
    if (const size_t opened = kOpening.find(c); opened != std::string_view::npos) ++open[opened];
    const size_t closed = kClosing.find(c);
    if (closed != std::string_view::npos && --open[closed] < 0) break;
  }
  while (end > 0 && std::string_view(".,;:!?'*([{").find(text[end - 1]) != std::string_view::npos) --end;
  return end;
}

const Recognizer kUrlRecognizer = {Anchor, false, FindUrls, &kUrlBareRecognizer};

}  // namespace tokenfoundry::pii
