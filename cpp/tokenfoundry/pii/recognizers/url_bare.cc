// URLs without a scheme: the anchor is "www." or a dot and a top-level domain that ends a word. The host reaches as far
// to both sides as its labels do; whether code could be meant ("logger.info(") is read from what stands around it.
#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"
#include "tokenfoundry/pii/recognizers/url_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kMaxHostBytes = 255;  // RFC 1035, 2.3.4.
constexpr size_t kMaxLabelBytes = 63;
constexpr double kBareScore = 0.6;
constexpr double kPathScore = 0.7;  // Also of what starts with "www.".

// First labels that stand in front of a domain, and of a method or a module.
constexpr std::string_view kSubdomains[] = {"api", "app", "blog", "cdn", "docs", "ftp", "mail", "shop", "webmail"};
constexpr std::string_view kCodeWords[] = {
    "args",    "asyncio",  "cfg",     "client",  "cls",     "config",   "console", "ctx",    "data",  "df",
    "e",       "err",      "error",   "event",   "file",    "fs",       "http",    "i",      "image", "item",
    "java",    "javax",    "log",     "logger",  "logging", "math",     "model",   "module", "node",  "np",
    "obj",     "object",   "options", "org",     "os",      "package",  "page",    "params", "path",  "pd",
    "process", "props",    "req",     "request", "res",     "response", "result",  "row",    "scipy", "self",
    "session", "settings", "skimage", "socket",  "st",      "state",    "std",     "string", "sys",   "system",
    "tf",      "this",     "torch",   "user",    "utils",   "value",    "window"};
static_assert(std::is_sorted(std::begin(kCodeWords), std::end(kCodeWords)));

struct Host {
  size_t start = 0;
  size_t end = 0;
  size_t labels = 0;
  std::string_view first = {};
  std::string_view last = {};
};

// Letters of two bytes: Latin with diacritics, Greek, Cyrillic and their neighbours.
bool IsWideLead(char c) { return static_cast<unsigned char>(c) >= 0xC3 && static_cast<unsigned char>(c) <= 0xDF; }

// A byte of a host: of a letter, a digit, a hyphen or a dot.
bool IsHostByte(std::string_view text, size_t at) {
  const char c = At(text, at);
  if (IsAlnum(c) || c == '-' || c == '.') return true;
  return IsWideLead(c) || ((c & 0xC0) == 0x80 && IsWideLead(Before(text, at)));
}

// The host around `inside`, no further left than `floor`; no labels if it is no well-formed host.
Host HostAround(std::string_view text, size_t floor, size_t inside, uint64_t* steps) {
  Host host{.start = inside, .end = inside};
  while (host.start > floor && inside - host.start < kMaxHostBytes && IsHostByte(text, host.start - 1)) --host.start;
  while (host.end < text.size() && host.end - inside < kMaxHostBytes && IsHostByte(text, host.end)) ++host.end;
  *steps += host.end - host.start;
  if ((host.start > 0 && IsHostByte(text, host.start - 1)) || IsHostByte(text, host.end)) return host;
  Host whole = host;
  while (whole.end > whole.start && (text[whole.end - 1] == '.' || text[whole.end - 1] == '-')) --whole.end;
  for (size_t at = whole.start; at < whole.end;) {
    const size_t dot = std::min(text.find('.', at), whole.end);
    const std::string_view label = text.substr(at, dot - at);
    if (label.empty() || label.size() > kMaxLabelBytes || label.front() == '-' || label.back() == '-') return host;
    if (whole.labels++ == 0) whole.first = label;
    whole.last = label;
    at = dot + 1;
  }
  return whole;
}

bool IsOneOf(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// What follows a name in code: a call, an index, an assignment, a scope.
bool IsCodeAfter(std::string_view text, size_t end) {
  const char after = At(text, end);
  if (std::string_view("([={_@$\\`").find(after) != std::string_view::npos && after != '\0') return true;
  if (after == ':') return At(text, end + 1) == ':';
  if (after == '-') return true;
  if (after != ' ') return false;
  const char next = At(text, end + 1);
  return next == '=' || ((next == '+' || next == '-' || next == '!' || next == ':') && At(text, end + 2) == '=');
}

bool HasPath(std::string_view text, size_t end) {
  if (At(text, end) == ':' && IsDigit(At(text, end + 1))) {
    while (IsDigit(At(text, ++end))) continue;
  }
  return At(text, end) == '/' && At(text, end + 1) != '/' && At(text, end + 1) != '*';
}

// "import a.b", "from a.b import c".
bool IsImport(std::string_view text, const Host& host) {
  if (text.substr(0, host.start).ends_with("import ")) return true;
  return text.substr(0, host.start).ends_with("from ") && text.substr(host.end).starts_with(" import ");
}

// 0 if what stands there is no URL.
double ScoreOf(std::string_view text, const Host& host) {
  if (host.labels < 2) return 0;
  const char before = Before(text, host.start);
  if (std::string_view("@/\\_$%&#=+~.:").find(before) != std::string_view::npos && before != '\0') {
    if (before != '=' && before != ':') return 0;
    if (Before(text, host.start, 2) == ':') return 0;
  }
  const bool is_www = host.labels > 2 && (host.first == "www" || host.first == "WWW" || host.first == "Www");
  if (At(text, host.end) == '@') return 0;
  if (is_www) return At(text, host.end) == '_' || At(text, host.end) == '(' ? 0 : kPathScore;
  const TopLevel top = TopLevelOf(host.last);
  if (top == TopLevel::kNone || IsCodeAfter(text, host.end)) return 0;
  const bool only_digits =
      std::all_of(host.first.begin(), host.first.end(), [](char c) { return IsDigit(c) || c == '-'; });
  const std::string_view domain = text.substr(host.start, host.end - host.start - host.last.size());
  const bool has_letter = std::any_of(domain.begin(), domain.end(), [](char c) { return IsLetter(c) || (c & 0x80); });
  if (!has_letter || (only_digits && host.labels > 2)) return 0;
  const bool is_code_word = std::binary_search(std::begin(kCodeWords), std::end(kCodeWords), host.first);
  if (is_code_word && host.last != "com") return 0;
  if (HasPath(text, host.end)) return kPathScore;
  if (host.labels > 2 && IsOneOf(kSubdomains, host.first)) return kBareScore;
  if (top != TopLevel::kSure || host.first.size() < 2 || IsImport(text, host)) return 0;
  // CamelCase and snake_case are code, "Example.com" is not.
  const bool camel = std::any_of(domain.begin() + 1, domain.end(), IsUpper);
  return camel || before == '=' ? 0 : kBareScore;
}

void FindBareUrls(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  if (!sink->Wants(Entity::kUrl)) return;
  size_t floor = 0;  // The end of the host, or of the URL, read before.
  for (const uint32_t anchor_end : anchor_ends) {
    ++sink->steps;
    if (anchor_end <= floor) continue;
    const Host host = HostAround(text, floor, anchor_end - 1, &sink->steps);
    floor = std::max<size_t>(floor, host.end);
    const double score = ScoreOf(text, host);
    if (score == 0) continue;
    const bool has_port = At(text, host.end) == ':' && IsDigit(At(text, host.end + 1));
    const bool ends = At(text, host.end) == ':' && !has_port;
    const size_t url_end = ends ? host.end : UrlEnd(text, host.end, Before(text, host.start), &sink->steps);
    const size_t end = CellEnd(text, host.start, url_end, sink);
    floor = std::max(floor, end);
    sink->Add(Entity::kUrl, host.start, end, Evidence::kPattern, score);
  }
}

std::string Anchor() {
  std::string domains;
  for (const std::span<const std::string_view> table : {SureTopLevels(), UnsureTopLevels()}) {
    for (const std::string_view domain : table) {
      domains += domain;
      domains += '|';
    }
  }
  return "(?:(?i:www)\\.|\\.(?:" + domains + "xn--)\\b)";
}

void SeekBareUrls(std::string_view text, const ByteMaps& maps, std::vector<uint32_t>* ends) {
  maps.ForEach(&ByteBlock::dots, [&](size_t dot) {
    if (ToLower(Before(text, dot)) == 'w' && ToLower(Before(text, dot, 2)) == 'w' &&
        ToLower(Before(text, dot, 3)) == 'w') {
      ends->push_back(static_cast<uint32_t>(dot + 1));
    }
    size_t end = dot + 1;
    while (At(text, end) >= 'a' && At(text, end) <= 'z') ++end;
    if (end == dot + 1) return;
    const std::string_view label = text.substr(dot + 1, end - dot - 1);
    const bool ends_word = !IsAlnum(At(text, end)) && At(text, end) != '_';
    if (ends_word && TopLevelOf(label) != TopLevel::kNone) ends->push_back(static_cast<uint32_t>(end));
    if (label != "xn" || text.substr(end, 2) != "--") return;
    if (IsAlnum(At(text, end + 2)) || At(text, end + 2) == '_') {
      ends->push_back(static_cast<uint32_t>(end + 2));
    }
  });
}

}  // namespace

const Recognizer kUrlBareRecognizer = {Anchor, false, FindBareUrls, nullptr, SeekBareUrls};

}  // namespace tokenfoundry::pii
