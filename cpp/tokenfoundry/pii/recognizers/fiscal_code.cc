// The anchor is the whole form, with or without the spaces of a printed card: what is left is the start and the check.
#include <algorithm>
#include <optional>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"
#include "tokenfoundry/pii/validators/codice_fiscale.h"

namespace tokenfoundry::pii {
namespace {

void FindFiscalCodes(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  for (const uint32_t end : anchor_ends) {
    char code[kFiscalCodeSize];
    size_t start = end;
    bool has_gaps = false;
    for (size_t i = kFiscalCodeSize; i-- > 0;) {
      ++sink->steps;
      if (text[start - 1] == ' ') {
        has_gaps = true;
        --start;
      }
      code[i] = text[--start];
    }
    if (IsAlnum(Before(text, start)) || IsAlnum(At(text, end))) continue;
    const std::string_view view(code, sizeof(code));
    // Letters for digits and gaps together would let ordinary words through.
    if (!IsFiscalCode(view) || (has_gaps && HasOmocodia(view))) continue;
    sink->AddValidated(Entity::kItFiscalCode, start, end);
  }
}

// Surname and name, year, month and day, municipality, check: the gaps are those of the printed card.
std::string Anchor() {
  return "[A-Z]{3} ?[A-Z]{3} ?[0-9LMNP-V]{2}[ABCDEHLMPRST][0-9LMNP-V]{2} ?[A-Z][0-9LMNP-V]{3} ?[A-Z]";
}

// Where the three letters in front of `end`, or of a space there, begin.
std::optional<size_t> ThreeLettersBefore(std::string_view text, size_t end) {
  if (Before(text, end) == ' ') --end;
  const bool are_letters =
      IsLetter(Before(text, end)) && IsLetter(Before(text, end, 2)) && IsLetter(Before(text, end, 3));
  return are_letters ? std::optional(end - 3) : std::nullopt;
}

bool IsPlaceDigit(char c) {
  const char upper = ToUpper(c);
  return IsDigit(c) || (upper >= 'L' && upper <= 'V' && upper != 'O');
}

// From what can be a year, a month and a day outwards.
void SeekFiscalCodes(std::string_view text, const ByteMaps& maps, std::vector<uint32_t>* ends) {
  maps.ForEach(&ByteBlock::birth_dates, [&](size_t year) {
    const std::optional<size_t> given = ThreeLettersBefore(text, year);
    if (!given || !ThreeLettersBefore(text, *given)) return;
    size_t at = year + 5;
    if (At(text, at) == ' ') ++at;
    const bool is_place = IsLetter(At(text, at)) && IsPlaceDigit(At(text, at + 1)) && IsPlaceDigit(At(text, at + 2)) &&
                          IsPlaceDigit(At(text, at + 3));
    if (!is_place) return;
    at += 4;
    if (At(text, at) == ' ') ++at;
    if (IsLetter(At(text, at))) ends->push_back(static_cast<uint32_t>(at + 1));
  });
}

}  // namespace

const Recognizer kFiscalCodeRecognizer = {Anchor, true, FindFiscalCodes, nullptr, SeekFiscalCodes};

}  // namespace tokenfoundry::pii
