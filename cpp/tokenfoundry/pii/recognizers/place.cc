#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizers/folded_word_internal.h"
#include "tokenfoundry/pii/recognizers/place_internal.h"
#include "tokenfoundry/pii/validators/uk_postcode.h"

namespace tokenfoundry::pii {
namespace {

// USPS Publication 28, appendix B, states and territories.
constexpr std::string_view kStates[] = {
    "AK", "AL", "AR", "AS", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "FM", "GA", "GU", "HI",
    "IA", "ID", "IL", "IN", "KS", "KY", "LA", "MA", "MD", "ME", "MH", "MI", "MN", "MO", "MP",
    "MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH", "OK", "OR", "PA", "PR",
    "PW", "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VI", "VT", "WA", "WI", "WV", "WY",
};
static_assert(std::is_sorted(std::begin(kStates), std::end(kStates)));

// The first digit of the ZIP codes of each, in that order.
constexpr std::string_view kZipRegions = "93798980213939958646470209456935256008814791090253782009528";
static_assert(kZipRegions.size() == std::size(kStates));

// ISTAT, Codici delle unita amministrative territoriali; those that were abolished are still written.
constexpr std::string_view kProvinces[] = {
    "AG", "AL", "AN", "AO", "AP", "AQ", "AR", "AT", "AV", "BA", "BG", "BI", "BL", "BN", "BO", "BR", "BS", "BT", "BZ",
    "CA", "CB", "CE", "CH", "CI", "CL", "CN", "CO", "CR", "CS", "CT", "CZ", "EN", "FC", "FE", "FG", "FI", "FM", "FR",
    "GE", "GO", "GR", "IM", "IS", "KR", "LC", "LE", "LI", "LO", "LT", "LU", "MB", "MC", "ME", "MI", "MN", "MO", "MS",
    "MT", "NA", "NO", "NU", "OG", "OR", "OT", "PA", "PC", "PD", "PE", "PG", "PI", "PN", "PO", "PR", "PT", "PU", "PV",
    "PZ", "RA", "RC", "RE", "RG", "RI", "RM", "RN", "RO", "SA", "SI", "SO", "SP", "SR", "SS", "SU", "SV", "TA", "TE",
    "TN", "TO", "TP", "TR", "TS", "TV", "UD", "VA", "VB", "VC", "VE", "VI", "VR", "VS", "VT", "VV",
};
static_assert(std::is_sorted(std::begin(kProvinces), std::end(kProvinces)));

struct Town {
  std::string_view name;  // Without accents, its first word.
  int first;              // The first two digits of its codes, from and to.
  int last;
};

// The towns of Italy, France, Germany and Spain that people name most. Sorted by name.
constexpr Town kTowns[] = {
    {"barcelona", 8, 8},   {"bari", 70, 70},       {"berlin", 10, 14},   {"bilbao", 48, 48},
    {"bologna", 40, 40},   {"bonn", 53, 53},       {"bordeaux", 33, 33}, {"bremen", 28, 28},
    {"brescia", 25, 25},   {"cagliari", 9, 9},     {"catania", 95, 95},  {"dortmund", 44, 44},
    {"dresden", 1, 1},     {"dusseldorf", 40, 40}, {"essen", 45, 45},    {"firenze", 50, 50},
    {"frankfurt", 60, 65}, {"genova", 16, 16},     {"grenoble", 38, 38}, {"hamburg", 20, 22},
    {"hannover", 30, 30},  {"koln", 50, 51},       {"leipzig", 4, 4},    {"lille", 59, 59},
    {"lyon", 69, 69},      {"madrid", 28, 28},     {"malaga", 29, 29},   {"marseille", 13, 13},
    {"messina", 98, 98},   {"milano", 20, 20},     {"modena", 41, 41},   {"montpellier", 34, 34},
    {"munchen", 80, 81},   {"murcia", 30, 30},     {"nantes", 44, 44},   {"napoli", 80, 80},
    {"nice", 6, 6},        {"nurnberg", 90, 90},   {"padova", 35, 35},   {"palermo", 90, 90},
    {"paris", 75, 75},     {"parma", 43, 43},      {"perugia", 6, 6},    {"rennes", 35, 35},
    {"roma", 0, 0},        {"salerno", 84, 84},    {"sevilla", 41, 41},  {"strasbourg", 67, 67},
    {"stuttgart", 70, 70}, {"taranto", 74, 74},    {"torino", 10, 10},   {"toulouse", 31, 31},
    {"trento", 38, 38},    {"trieste", 34, 34},    {"valencia", 46, 46}, {"valladolid", 47, 47},
    {"venezia", 30, 30},   {"verona", 37, 37},     {"zaragoza", 50, 50},
};

bool IsTownOf(std::string_view word, int range) {
  const FoldedWord folded(word);
  return std::any_of(std::begin(kTowns), std::end(kTowns), [&](const Town& town) {
    return town.name == folded.view() && range >= town.first && range <= town.last;
  });
}

// What joins the words of a town's name. Sorted, lower case.
constexpr std::string_view kTownJoints[] = {
    "a",  "al", "am", "an", "d",   "da",   "de",  "degli", "dei",   "del",  "della", "der",  "des",   "di",
    "do", "du", "el", "en", "im",  "in",   "l",   "la",    "le",    "les",  "nel",   "nell", "nella", "o",
    "ob", "of", "on", "s",  "sul", "sull", "sur", "the",   "under", "upon", "vor",   "y",
};
static_assert(std::is_sorted(std::begin(kTownJoints), std::end(kTownJoints)));

}  // namespace

bool IsJoinedNumber(std::string_view text, size_t start, size_t end) {
  const char before = Before(text, start);
  const char after = At(text, end);
  if (IsAlnum(before) || IsAlnum(after) || (after & 0x80) != 0) return true;
  if (std::string_view("_@#$+/\\%&").find(before) != std::string_view::npos && before != '\0') return true;
  if (after == '_' || after == '@' || after == '%' || after == '/') return true;
  if (std::string_view("-.,:").find(before) != std::string_view::npos && IsDigit(Before(text, start, 2))) return true;
  return std::string_view("-.,:").find(after) != std::string_view::npos && IsAlnum(At(text, end + 1));
}

size_t ZipEnd(std::string_view text, size_t digit) {
  size_t end = digit;
  while (end - digit < 5 && IsDigit(At(text, end))) ++end;
  if (end - digit < 5 || IsDigit(At(text, end))) return digit;
  if (At(text, end) != '-' || !IsDigit(At(text, end + 1))) return end;
  for (size_t i = 1; i <= 4; ++i) {
    if (!IsDigit(At(text, end + i))) return digit;
  }
  return IsDigit(At(text, end + 5)) ? digit : end + 5;
}

bool IsUsState(std::string_view code) { return IsOneOf(code, kStates); }
bool IsItalianProvince(std::string_view code) { return IsOneOf(code, kProvinces); }

bool FollowsUsState(std::string_view text, size_t digit) {
  constexpr size_t kBefore = 4;  // " IL ".
  if (digit < kBefore + 1 || Before(text, digit) != ' ' || Before(text, digit, kBefore) != ' ') return false;
  if (!IsUsState(text.substr(digit - 3, 2))) return false;
  if (Before(text, digit, kBefore + 1) == ',') return IsLetter(Before(text, digit, kBefore + 2));
  // Without a comma the ZIP must be of the state: "See PR 70437" names no town.
  const auto* state = std::lower_bound(std::begin(kStates), std::end(kStates), text.substr(digit - 3, 2));
  if (kZipRegions[static_cast<size_t>(state - std::begin(kStates))] != text[digit]) return false;
  const size_t start = WordStart(text, digit - kBefore);
  return digit - kBefore - start >= 3 && IsUpper(text[start]) && !IsUpper(text[start + 1]);
}

size_t TownEnd(std::string_view text, size_t at, uint64_t* steps) {
  constexpr int kMaxWords = 5;
  size_t town_end = at;
  size_t start = at;
  for (int words = 0; words < kMaxWords; ++words) {
    const size_t end = WordEnd(text, start);
    *steps += end - start + 1;
    if (end == start || end - start > kMaxWordBytes) break;
    const bool capital = IsCapital(text, start);
    if (!capital && (words == 0 || !IsOneOf(text.substr(start, end - start), kTownJoints))) break;
    if (capital) town_end = end;
    const char joint = At(text, end);
    if (joint != ' ' && joint != '-' && joint != '\'') break;
    start = end + 1;
  }
  return town_end;
}

bool PrecedesItalianTown(std::string_view text, size_t end, uint64_t* steps) {
  size_t at = end;
  if (At(text, at) == ',') ++at;
  if (At(text, at) != ' ') return false;
  const size_t town_end = TownEnd(text, ++at, steps);
  return town_end > at && text.substr(town_end, 2) == " (" && At(text, town_end + 4) == ')' &&
         IsItalianProvince(text.substr(town_end + 2, 2));
}

bool IsOfLargeTown(std::string_view text, size_t digit, size_t end) {
  const int range = (text[digit] - '0') * 10 + (text[digit + 1] - '0');
  if (At(text, end) == ' ' && IsTownOf(text.substr(end + 1, WordEnd(text, end + 1) - end - 1), range)) return true;
  if (Before(text, digit) != ' ') return false;
  const size_t town_end = Before(text, digit, 2) == ',' ? digit - 2 : digit - 1;
  const size_t start = WordStart(text, town_end);
  return IsTownOf(text.substr(start, town_end - start), range);
}

UkPostcode ReadUkPostcode(std::string_view text, size_t start) {
  UkPostcode code{start};
  char compact[7];
  size_t size = 0;
  size_t at = start;
  const auto take = [&](auto is_kind, size_t most) {
    size_t taken = 0;
    while (taken < most && size < sizeof(compact) && is_kind(At(text, at))) {
      compact[size++] = text[at++];
      ++taken;
    }
    return taken;
  };
  if (take(IsLetter, 2) == 0) return code;
  // The sector's digit is the last: without a space the district is what comes before it.
  size_t digits = 0;
  while (digits < 4 && IsDigit(At(text, at + digits))) ++digits;
  if (digits == 0) return code;
  const bool lettered = IsLetter(At(text, at + digits));
  const bool spaced_later = At(text, at + digits) == ' ' || (lettered && At(text, at + digits + 1) == ' ');
  const bool lettered_district = lettered && IsDigit(At(text, at + digits + 1));
  const size_t district = spaced_later || lettered_district ? digits : digits - 1;
  if (district == 0 || district > 2) return code;
  take(IsDigit, district);
  if (district == digits && lettered) take(IsLetter, 1);
  if (At(text, at) == ' ') {
    code.is_spaced = true;
    ++at;
  }
  if (take(IsDigit, 1) != 1 || take(IsLetter, 2) != 2) return code;
  if (IsJoinedNumber(text, start, at) || !IsUkPostcode({compact, size})) return code;
  code.is_upper = std::none_of(compact, compact + size, [](char c) { return c >= 'a' && c <= 'z'; });
  code.is_hexadecimal = size == 5 && std::all_of(compact, compact + size, [](char c) { return ToUpper(c) <= 'F'; });
  const char unit = ToUpper(compact[size - 2]);
  code.is_size = ToUpper(compact[size - 1]) == 'B' && (unit == 'G' || unit == 'T');
  code.end = at;
  return code;
}

}  // namespace tokenfoundry::pii
