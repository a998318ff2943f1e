#include <algorithm>

#include "tokenfoundry/pii/recognizers/url_internal.h"

namespace tokenfoundry::pii {
namespace {

// IANA, Root Zone Database: the domains that people meet, sorted.
constexpr std::string_view kSure[] = {
    "ai",   "ar",  "au",    "biz",  "br",     "bz",  "ca", "cat",  "ch", "cl",      "cloud", "cn",  "com",  "coop",
    "cz",   "de",  "dk",    "edu",  "ee",     "es",  "eu", "eus",  "fi", "fr",      "gal",   "gov", "gr",   "hk",
    "hr",   "hu",  "ie",    "il",   "info",   "io",  "it", "jobs", "jp", "kr",      "lu",    "lv",  "mil",  "mt",
    "mx",   "net", "nl",    "nz",   "online", "org", "pe", "pt",   "ro", "ru",      "se",    "sg",  "shop", "si",
    "site", "sk",  "store", "tech", "tr",     "tw",  "ua", "uk",   "us", "website", "wiki",  "xyz", "za"};
constexpr std::string_view kUnsure[] = {
    "ad", "ae",   "agency", "al",    "am",      "app",    "art",   "at",     "ba",    "be",   "bg",     "blog",
    "by", "cc",   "center", "co",    "company", "cr",     "cy",    "design", "dev",   "do",   "ec",     "email",
    "fm", "fyi",  "ge",     "gg",    "gl",      "global", "group", "gt",     "id",    "im",   "in",     "int",
    "is", "ke",   "la",     "li",    "life",    "link",   "live",  "lt",     "ly",    "ma",   "md",     "me",
    "mk", "mobi", "museum", "my",    "name",    "news",   "ng",    "no",     "one",   "page", "pf",     "ph",
    "pk", "pl",   "pro",    "rs",    "sa",      "sh",     "sm",    "so",     "space", "st",   "studio", "swiss",
    "th", "to",   "today",  "tools", "travel",  "tv",     "va",    "ve",     "vn",    "work", "world",  "ws"};
static_assert(std::is_sorted(std::begin(kSure), std::end(kSure)));
static_assert(std::is_sorted(std::begin(kUnsure), std::end(kUnsure)));

}  // namespace

std::span<const std::string_view> SureTopLevels() { return kSure; }
std::span<const std::string_view> UnsureTopLevels() { return kUnsure; }

TopLevel TopLevelOf(std::string_view label) {
  if (std::binary_search(std::begin(kSure), std::end(kSure), label)) return TopLevel::kSure;
  if (std::binary_search(std::begin(kUnsure), std::end(kUnsure), label)) return TopLevel::kUnsure;
  return label.starts_with("xn--") ? TopLevel::kSure : TopLevel::kNone;
}

}  // namespace tokenfoundry::pii
