#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/phone_cues_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kWindowBytes = 48;

// Whole words, and stems (ending in *). Italian and English, lower case.
constexpr std::string_view kPhoneWords[] = {
    "tel",      "cell",      "cel",       "fax",    "sms",      "wa",         "call",     "ring",     "mobile",
    "telefon*", "telephon*", "cellul*",   "phone*", "whatsapp", "chiam*",     "richiam*", "contatt*", "contact*",
    "recapit*", "scriv*",    "raggiung*", "reach*", "telegram", "smartphone", "utenz*",   "voicemail"};
constexpr std::string_view kOtherWords[] = {
    "ordine",   "ordini",   "order",    "orders",    "id",        "codic*",    "cod",     "code*",   "rif",
    "rifer*",   "ref",      "refer*",   "prot",      "protoc*",   "ticket*",   "iban",    "isbn",    "ean",
    "sku",      "lott*",    "lot",      "serial*",   "serie",     "piva",      "iva",     "fattur*", "invoice*",
    "pratic*",  "polizz*",  "policy",   "matricol*", "contratt*", "contract*", "track*",  "spediz*", "bolla",
    "version*", "articol*", "account*", "import*",   "total*",    "eur*",      "amount*", "prezz*",  "price*",
    "sald*",    "transa*",  "capitol*", "cap",       "partit*",   "batch",     "build",   "carta",   "card",
    "conto",    "pin",      "otp",      "timestamp", "hash",      "seed"};

bool Fits(std::string_view word, std::string_view entry) {
  if (entry.ends_with('*')) return word.starts_with(entry.substr(0, entry.size() - 1));
  return word == entry;
}

template <size_t kSize>
bool IsAmong(std::string_view word, const std::string_view (&entries)[kSize]) {
  return std::any_of(std::begin(entries), std::end(entries), [&](std::string_view entry) { return Fits(word, entry); });
}

}  // namespace

Cue CueBefore(std::string_view text, size_t start, uint64_t* steps) {
  char window[kWindowBytes];
  const size_t size = std::min(start, kWindowBytes);
  std::transform(text.begin() + (start - size), text.begin() + start, window, ToLower);
  *steps += size;
  bool nearest = true;
  for (size_t end = size; end > 0;) {
    if (!IsLetter(window[end - 1])) {
      --end;
      continue;
    }
    size_t begin = end;
    while (begin > 0 && IsLetter(window[begin - 1])) --begin;
    const std::string_view word(window + begin, end - begin);
    if (IsAmong(word, kPhoneWords)) return Cue::kPhone;
    if (IsAmong(word, kOtherWords)) return Cue::kOther;
    if (nearest && end + 1 == size && (word == "al" || word == "allo")) return Cue::kPhone;  // "scrivi al 333..."
    nearest = false;
    end = begin;
  }
  return Cue::kNone;
}

}  // namespace tokenfoundry::pii
