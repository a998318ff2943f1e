// The anchor is the first digit of a run: a country of the registry stands before it, and says how many characters
// follow.
#include "tokenfoundry/pii/validators/iban.h"

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"

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

void FindIbans(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  for (const uint32_t digit_end : anchor_ends) {
    ++sink->steps;
    const size_t digit = digit_end - 1;
    const size_t gap = Before(text, digit) == ' ' ? 1 : 0;  // "IT 60 X ...", as bank forms print it.
    if (!IsDigit(At(text, digit + 1)) || !IsLetter(Before(text, digit, gap + 1)) ||
        !IsLetter(Before(text, digit, gap + 2)))
      continue;
    const size_t start = digit - gap - 2;
    const size_t anchor_end = digit + 2;
    if (IbanSize(text.substr(start, 2)) == 0) continue;
    if (IsAlnum(Before(text, start)) && !FollowsItsOwnName(text, start)) continue;

    char compact[kMaxIbanSize] = {text[start], text[start + 1], text[anchor_end - 2], text[anchor_end - 1]};
    const size_t size = IbanSize({compact, 2});
    size_t filled = 4;
    size_t end = anchor_end;
    while (filled < size) {
      ++sink->steps;
      if (!IsAlnum(At(text, end))) end += SeparatorSize(text, end);
      if (!IsAlnum(At(text, end))) break;
      compact[filled++] = text[end++];
    }
    if (filled != size || IsAlnum(At(text, end)) || !IsIban({compact, size})) continue;
    sink->AddValidated(Entity::kIbanCode, start, end);
  }
}

}  // namespace

const Recognizer kIbanRecognizer = {DigitRunAnchor, false, FindIbans, nullptr, SeekDigitRuns};

}  // namespace tokenfoundry::pii
