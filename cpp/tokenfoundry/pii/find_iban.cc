// The anchor is a country of the registry and two check digits; the country says how many characters must follow.
#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/finders_internal.h"
#include "tokenfoundry/pii/validators/iban.h"

namespace tokenfoundry::pii {
namespace {

// "IBAN" glued to the number is the one word that may precede it without a gap.
bool FollowsItsOwnName(std::string_view text, size_t start) {
  constexpr std::string_view kName = "iban";
  if (start < kName.size() || IsAlnum(Before(text, start, kName.size() + 1))) return false;
  for (size_t i = 0; i < kName.size(); ++i) {
    if (ToLower(text[start - kName.size() + i]) != kName[i]) return false;
  }
  return true;
}

}  // namespace

void FindIbans(std::string_view text, std::span<const uint32_t> anchor_ends, Extents* out) {
  for (const uint32_t anchor_end : anchor_ends) {
    ++out->steps;
    const size_t gap = text[anchor_end - 3] == ' ' ? 1 : 0;  // "IT 60 X ...", as bank forms print it.
    const size_t start = anchor_end - 4 - gap;
    if (IsAlnum(Before(text, start)) && !FollowsItsOwnName(text, start)) continue;

    char compact[kMaxIbanSize] = {text[start], text[start + 1], text[anchor_end - 2], text[anchor_end - 1]};
    const size_t size = IbanSize({compact, 2});
    size_t filled = 4;
    size_t end = anchor_end;
    while (filled < size) {
      ++out->steps;
      if (!IsAlnum(At(text, end))) end += SeparatorSize(text, end);
      if (!IsAlnum(At(text, end))) break;
      compact[filled++] = text[end++];
    }
    if (filled != size || IsAlnum(At(text, end)) || !IsIban({compact, size})) continue;
    out->found.push_back({static_cast<uint32_t>(start), static_cast<uint32_t>(end)});
  }
}

}  // namespace tokenfoundry::pii
