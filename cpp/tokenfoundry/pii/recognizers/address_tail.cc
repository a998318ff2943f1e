#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizers/address_tail_internal.h"
#include "tokenfoundry/pii/recognizers/folded_word_internal.h"
#include "tokenfoundry/pii/recognizers/place_internal.h"
#include "tokenfoundry/pii/recognizers/street_words_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kMaxDigits = 5;

// Sorted, lower case. What a number or a letter follows.
constexpr std::string_view kUnitWords[] = {
    "apartment", "appartamento", "appartement", "appt",   "apt",    "bat",   "batiment", "bldg",    "bloque",
    "building",  "esc",          "escalera",    "etage",  "flat",   "floor", "int",      "interno", "pal",
    "palazzina", "piano",        "piso",        "planta", "portal", "pta",   "puerta",   "room",    "sc",
    "scala",     "ste",          "studio",      "suite",  "unit",   "whg",   "wohnung",
};
static_assert(std::is_sorted(std::begin(kUnitWords), std::end(kUnitWords)));

constexpr std::string_view kMarks[] = {"n.",          "n\xC2\xB0", "n\xC2\xBA",     "nr.",    "nr",  "num.",
                                       "n\xC3\xBAm.", "numero",    "n\xC3\xBAmero", "civico", "no.", "n"};

constexpr std::string_view kNumberEndings[] = {"bis", "ter", "quater"};

bool StartsWithFolded(std::string_view text, size_t at, std::string_view prefix) {
  if (text.size() - at < prefix.size()) return false;
  return std::equal(prefix.begin(), prefix.end(), text.begin() + static_cast<ptrdiff_t>(at),
                    [](char a, char b) { return a == ToLower(b); });
}

// "a)", "a," and the end: a letter that stands so is part of the number before it.
bool IsEnd(char c) { return c == '\0' || std::string_view(",;\n)\"").find(c) != std::string_view::npos; }

// Bytes of "/A", "a", " B", "-14", "/12" at `at`, or 0.
size_t SuffixSize(std::string_view text, size_t at) {
  const char c = At(text, at);
  if (IsLetter(c) && !IsWordByte(At(text, at + 1)) && !IsDigit(At(text, at + 1))) return 1;
  if (c == '/' || c == '-') {
    if (IsLetter(At(text, at + 1)) && !IsAlnum(At(text, at + 2))) return 2;
    size_t end = at + 1;
    while (end - at <= 4 && IsDigit(At(text, end))) ++end;
    if (end == at + 1 || end - at > 4) return 0;
    if (IsLetter(At(text, end)) && !IsAlnum(At(text, end + 1))) ++end;
    return end - at;
  }
  if (c != ' ' || !IsLetter(At(text, at + 1)) || IsWordByte(At(text, at + 2)) || IsDigit(At(text, at + 2))) return 0;
  const char letter = text[at + 1];
  const bool plain = At(text, at + 2) == ' ' && letter != 'A' && letter != 'E' && letter != 'I' && letter != 'O';
  return IsEnd(At(text, at + 2)) || (IsUpper(letter) && plain) ? 2 : 0;
}

// Whether the number that ends at `end` goes on: 12.5, 12:30, 12%.
bool GoesOn(std::string_view text, size_t end) {
  const char c = At(text, end);
  if (IsWordByte(c) || IsDigit(c) || c == '_' || c == '%' || c == '@' || c == '=' || c == '(') return true;
  if (c == ' ' && std::string_view("%\xE2+=*<>").find(At(text, end + 1)) != std::string_view::npos)
    return At(text, end + 1) != '\0' && text.substr(end + 1, 3) != "\xE2\x80\x93";
  return std::string_view(".,:/").find(c) != std::string_view::npos && IsDigit(At(text, end + 1));
}

size_t MarkSize(std::string_view text, size_t at) {
  for (const std::string_view mark : kMarks) {
    if (!StartsWithFolded(text, at, mark)) continue;
    size_t end = at + mark.size();
    if (At(text, end) == ' ') ++end;
    if (IsDigit(At(text, end))) return end - at;
  }
  return 0;
}

struct Step {
  size_t end;
  int lines;
};

// Over what separates the parts of an address: spaces, a comma, a dash, one end of a line.
Step SkipGap(std::string_view text, size_t at) {
  Step step{at, 0};
  for (int i = 0; i < 4; ++i) {
    const char c = At(text, step.end);
    if (c == '\n') {
      if (++step.lines > 1) return {at, 0};
    } else if (c == '-') {
      if (At(text, step.end + 1) != ' ') return step;
    } else if (text.substr(step.end, 3) == "\xE2\x80\x93") {
      step.end += 2;
    } else if (c != ' ' && c != ',' && c != '\r') {
      return step;
    }
    ++step.end;
  }
  return step;
}

// " (MI)", " MI" at `at`: bytes, or 0.
size_t ProvinceSize(std::string_view text, size_t at) {
  if (At(text, at) != ' ') return 0;
  if (At(text, at + 1) == '(' && At(text, at + 4) == ')' && IsItalianProvince(text.substr(at + 2, 2))) return 5;
  return IsItalianProvince(text.substr(at + 1, 2)) && !IsWordByte(At(text, at + 3)) && !IsDigit(At(text, at + 3)) ? 3
                                                                                                                  : 0;
}

// "20121 Milano (MI)", "D-10115 Berlin", "CAP 20121, Milano" at `at`: where it ends, or `at`.
size_t PostcodeFirstEnd(std::string_view text, size_t at, uint64_t* steps) {
  size_t digit = at;
  for (const std::string_view prefix : {"I-", "D-", "F-", "E-", "IT-", "DE-", "FR-", "ES-", "CAP ", "cap ", "CAP: "}) {
    if (text.substr(at, prefix.size()) == prefix) digit = at + prefix.size();
  }
  size_t code_end = digit;
  while (code_end - digit <= 5 && IsDigit(At(text, code_end))) ++code_end;
  if (code_end - digit != 5 || IsJoinedNumber(text.substr(0, code_end), digit, code_end)) return at;
  if (GoesOn(text, code_end)) return at;
  size_t town = code_end;
  if (At(text, town) == ',') ++town;
  if (At(text, town) == ' ') {
    ++town;
    const size_t town_end = TownEnd(text, town, steps);
    if (town_end > town) return town_end + ProvinceSize(text, town_end);
    // "20121 milano", unless it is so many of something.
    const size_t word_end = WordEnd(text, town);
    if (IsOfLargeTown(text, digit, code_end) && At(text, code_end) == ' ') return word_end;
    return At(text, code_end) == ',' ? code_end : at;
  }
  return IsEnd(At(text, code_end)) || At(text, code_end) == '.' ? code_end : at;
}

// "SW1A 2AA", "IL 62704" at `at`: where it ends, or `at`.
size_t CodeAfterTownEnd(std::string_view text, size_t at) {
  const UkPostcode uk = ReadUkPostcode(text, at);
  if (uk.end > at) return uk.end;
  if (!IsUsState(text.substr(at, 2)) || At(text, at + 2) != ' ') return at;
  const size_t zip_end = ZipEnd(text, at + 3);
  return zip_end > at + 3 && !IsAlnum(At(text, zip_end)) ? zip_end : at;
}

}  // namespace

size_t HouseNumberEnd(std::string_view text, size_t digit, uint64_t* steps) {
  size_t end = digit;
  while (end - digit <= kMaxDigits && IsDigit(At(text, end))) ++end;
  *steps += end - digit + 4;
  if (end == digit || end - digit > kMaxDigits) return digit;
  for (const std::string_view ending : kNumberEndings) {
    const size_t at = At(text, end) == ' ' ? end + 1 : end;
    if (StartsWithFolded(text, at, ending) && !IsWordByte(At(text, at + ending.size()))) return at + ending.size();
  }
  if (const size_t suffix = SuffixSize(text, end); suffix > 0 && !GoesOn(text, end + suffix)) return end + suffix;
  return GoesOn(text, end) ? digit : end;
}

HouseNumber ReadHouseNumber(std::string_view text, size_t at, uint64_t* steps) {
  HouseNumber number;
  *steps += 8;
  size_t digit = at;
  if (At(text, digit) == ',') {
    number.is_marked = true;
    ++digit;
  }
  if (At(text, digit) != ' ') return {};
  ++digit;
  for (const std::string_view none : {"snc", "s/n", "s.n.c."}) {
    if (StartsWithFolded(text, digit, none) && !IsAlnum(At(text, digit + none.size())))
      return {digit, digit + none.size(), true, false};
  }
  if (const size_t mark = MarkSize(text, digit)) {
    number.is_marked = true;
    digit += mark;
  }
  const size_t end = HouseNumberEnd(text, digit, steps);
  if (end == digit || (text[digit] == '0' && (end > digit + 1 || !number.is_marked))) return {};
  number.digit = digit;
  number.end = end;
  const std::string_view year = text.substr(digit, end - digit);
  number.is_year = year.size() == 4 && (year.starts_with("18") || year.starts_with("19") || year.starts_with("20"));
  return number;
}

size_t UnitsEnd(std::string_view text, size_t at, uint64_t* steps) {
  constexpr int kMaxUnits = 3;
  size_t units_end = at;
  for (int i = 0; i < kMaxUnits; ++i) {
    size_t word = units_end;
    *steps += 12;
    const bool comma = At(text, word) == ',';
    if (comma) ++word;
    if (At(text, word) == ' ') ++word;
    if (word == units_end) break;
    if (At(text, word) == '#' && IsAlnum(At(text, word + 1))) {
      size_t end = word + 1;
      while (end - word <= 5 && IsAlnum(At(text, end))) ++end;
      units_end = end;
      continue;
    }
    // "3º B", "2ª izq".
    size_t floor = word;
    while (floor - word < 2 && IsDigit(At(text, floor))) ++floor;
    if (floor > word && (text.substr(floor, 2) == "\xC2\xBA" || text.substr(floor, 2) == "\xC2\xAA" ||
                         text.substr(floor, 2) == "\xC2\xB0")) {
      units_end = floor + 2;
      const size_t letter = At(text, units_end) == ' ' ? units_end + 1 : units_end;
      if (IsUpper(At(text, letter)) && !IsAlnum(At(text, letter + 1))) units_end = letter + 1;
      for (const std::string_view side : {"izquierda", "derecha", "izqda", "dcha", "izda", "izq", "der"}) {
        if (StartsWithFolded(text, letter, side) && !IsWordByte(At(text, letter + side.size()))) {
          units_end = letter + side.size();
          break;
        }
      }
      continue;
    }
    const size_t word_end = WordEnd(text, word);
    const FoldedWord folded(text.substr(word, word_end - word));
    if (word_end == word || !IsOneOf(folded.view(), kUnitWords)) break;
    size_t value = word_end;
    if (At(text, value) == '.') ++value;
    if (At(text, value) == ' ') ++value;
    size_t end = value;
    while (end - value <= 4 && IsAlnum(At(text, end))) ++end;
    const bool is_value = IsDigit(At(text, value)) || (end - value == 1 && IsUpper(At(text, value)));
    if (value == word_end || end - value > 4 || !is_value || (At(text, end) & 0x80) != 0) break;
    units_end = end;
  }
  return units_end;
}

bool IsUnitWord(std::string_view word) { return IsOneOf(FoldedWord(word).view(), kUnitWords); }

size_t UnitStart(std::string_view text, size_t at) {
  size_t value_end = at;
  for (int i = 0; i < 2 && std::string_view(", \n").find(Before(text, value_end)) != std::string_view::npos; ++i)
    --value_end;
  if (value_end == at || value_end == 0) return at;
  size_t value = value_end;
  while (value_end - value < 4 && IsAlnum(Before(text, value))) --value;
  if (value == value_end || Before(text, value) != ' ' || !(IsDigit(text[value]) || value_end - value == 1)) return at;
  const size_t start = WordStart(text, value - 1);
  return IsOneOf(FoldedWord(text.substr(start, value - 1 - start)).view(), kUnitWords) ? start : at;
}

size_t TownTailEnd(std::string_view text, size_t at, uint64_t* steps) {
  constexpr int kMaxWords = 6;
  const Step gap = SkipGap(text, at);
  if (gap.end == at) return at;
  size_t word = gap.end;
  *steps += 16;
  if (const size_t end = PostcodeFirstEnd(text, word, steps); end > word) return end;
  if (const size_t end = CodeAfterTownEnd(text, word); end > word) return end;
  int lines = gap.lines;
  for (int words = 0; words < kMaxWords; ++words) {
    const size_t word_end = WordEnd(text, word);
    *steps += word_end - word + 8;
    if (word_end == word || word_end - word > kMaxWordBytes) return at;
    const FoldedWord folded(text.substr(word, word_end - word));
    const bool capital = IsUpper(text[word]) || (text[word] & 0x80) != 0;
    if (!capital && (words == 0 || !IsNameJoint(folded.view()))) return at;
    size_t next = word_end;
    size_t province_end = at;
    if (const size_t province = ProvinceSize(text, next); province == 5) {
      next += province;
      province_end = next;
    }
    const char joint = At(text, next);
    if (joint == '\'' || (joint == '-' && IsLetter(At(text, next + 1)))) {
      word = next + 1;
      continue;
    }
    const Step step = SkipGap(text, next);
    if (step.end == next) return province_end;
    lines += step.lines;
    if (lines > 2) return province_end;
    if (const size_t end = CodeAfterTownEnd(text, step.end); end > step.end) return end;
    const size_t zip_end = ZipEnd(text, step.end);
    if (zip_end > step.end && !IsJoinedNumber(text.substr(0, zip_end), step.end, zip_end) && !GoesOn(text, zip_end)) {
      const bool of_town = province_end > at || IsOfLargeTown(text, step.end, zip_end);
      const bool comma = At(text, next) == ',';  // "Madrid, 28013".
      const bool closed = IsEnd(At(text, zip_end)) || At(text, zip_end) == '.';
      const size_t after = At(text, zip_end) == ' ' ? zip_end + 1 : zip_end;
      const bool counts = IsCountedThing(FoldedWord(text.substr(after, WordEnd(text, after) - after)).view());
      return of_town || (lines == 0 && closed) || (lines <= 1 && comma && !counts) ? zip_end : province_end;
    }
    if (province_end > at) return province_end;
    word = step.end;
  }
  return at;
}

}  // namespace tokenfoundry::pii
