// Passwords in connection strings (RFC 3986, 3.2.1): the anchor is "://". Between it and the "@" before a host stand a
// user and a password; or a token alone.
#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"
#include "tokenfoundry/pii/recognizers/secret_text_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kMaxUserinfoBytes = 256;
constexpr double kScore = 0.9;

bool EndsAuthority(char c) {
  return static_cast<unsigned char>(c) <= ' ' || std::string_view("/\"'<>`\\").find(c) != std::string_view::npos;
}

void FindPasswords(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  if (!sink->Wants(Entity::kSecret)) return;
  size_t floor = 0;
  for (const uint32_t anchor_end : anchor_ends) {
    ++sink->steps;
    if (anchor_end < floor || !IsAlnum(Before(text, anchor_end, 4))) continue;
    size_t at_sign = 0;
    size_t end = anchor_end;
    for (; end < text.size() && end - anchor_end < kMaxUserinfoBytes && !EndsAuthority(text[end]); ++end) {
      if (text[end] == '@' && IsAlnum(At(text, end + 1))) at_sign = end;
    }
    sink->steps += end - anchor_end;
    floor = end;
    if (at_sign == 0) continue;
    const std::string_view userinfo = text.substr(anchor_end, at_sign - anchor_end);
    const size_t colon = userinfo.find(':');
    const std::string_view password = colon == userinfo.npos ? userinfo : userinfo.substr(colon + 1);
    if (colon == userinfo.npos && !LooksRandom(password)) continue;
    // A port and a query with an address in it: "http://host:80?to=a@b".
    const size_t digits = std::min(password.find_first_not_of("0123456789"), password.size());
    if (digits > 0 && (At(password, digits) == '?' || At(password, digits) == '#')) continue;
    if (password.empty() || IsPlaceholder(password) || password.find_first_of("{}") != password.npos) continue;
    sink->Add(Entity::kSecret, at_sign - password.size(), at_sign, Evidence::kValidated, kScore);
  }
}

std::string Anchor() { return "://"; }

}  // namespace

const Recognizer kSecretUserinfoRecognizer = {Anchor, false, FindPasswords, &kSecretAssignedRecognizer};

}  // namespace tokenfoundry::pii
