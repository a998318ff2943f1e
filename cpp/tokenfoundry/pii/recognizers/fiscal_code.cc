// The anchor is the whole form, with or without the spaces of a printed card: what is left is the start and the check.
#include <algorithm>

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

}  // namespace

const Recognizer kFiscalCodeRecognizer = {Anchor, true, FindFiscalCodes};

}  // namespace tokenfoundry::pii
