// The anchor is a word that streets are called by; which word it is says where the name and the number stand. A street
// is an address if it has a number or a postcode, or if a word before it says that it is one ("residente in via Roma").
//
// The postcode and the town that follow belong to the address: together they are one place, and one placeholder for it
// reads better than three. A postcode that stands alone is postcode.cc's.
#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/catalogue_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"
#include "tokenfoundry/pii/recognizers/address_tail_internal.h"
#include "tokenfoundry/pii/recognizers/date_text_internal.h"
#include "tokenfoundry/pii/recognizers/folded_word_internal.h"
#include "tokenfoundry/pii/recognizers/place_internal.h"
#include "tokenfoundry/pii/recognizers/street_words_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr int kMaxNameWords = 6;
constexpr size_t kMaxGapBytes = 24;  // Between "residente in" and the street.

// A street without what follows it.
struct Street {
  size_t start = 0;
  size_t end = 0;  // 0 if there is none.
  bool has_number = false;
  bool is_sure = false;      // The form leaves little doubt.
  bool needs_end = false;    // Something must end after it: prose may go on with what it counts.
  bool is_named = false;     // The name could do without a number.
  bool is_hopeless = false;  // Not even a word before it makes it an address.
};

std::string_view WordBefore(std::string_view text, size_t at) {
  if (Before(text, at) != ' ') return {};
  const size_t start = WordStart(text, at - 1);
  return text.substr(start, at - 1 - start);
}

bool CountsSomething(std::string_view text, size_t end) {
  if (At(text, end) != ' ') return false;
  return IsCountedThing(FoldedWord(text.substr(end + 1, WordEnd(text, end + 1) - end - 1)).view());
}

bool IsClauseEnd(std::string_view text, size_t end) {
  const char c = At(text, end);
  return c == '\0' || std::string_view(".,;:\n\r)\"'!?<|").find(c) != std::string_view::npos;
}

// What a street is called.
struct Name {
  size_t end = 0;  // 0 if there is none.
  int words = 0;   // Without those that join.
  bool is_lower = false;
  bool is_refused = false;  // A word that names no street is among them.
  char last = '\0';
};

// The words from `at` on. In lower case there are at most three.
Name ReadName(std::string_view text, size_t at, uint64_t* steps) {
  Name name;
  size_t start = at;
  for (int i = 0; i < kMaxNameWords; ++i) {
    const char first = At(text, start);
    if (IsDigit(first)) {  // "8 maggio", "XX" is a word as any other.
      const DateText date = ReadDate(text, start, steps);
      const bool day = date.place.start == start && date.form != DateForm::kNone && IsLetter(text[date.place.end - 1]);
      if (!day && date.form != DateForm::kFull) return name;
      if (date.place.start != start) return name;
      name.end = date.place.end;
      name.last = 'a';
      ++name.words;
    } else {
      const size_t end = WordEnd(text, start);
      *steps += end - start + 1;
      if (end == start || end - start > kMaxWordBytes) return name;
      const FoldedWord folded(text.substr(start, end - start));
      const bool capital = IsCapital(text, start);
      const bool joint = IsNameJoint(folded.view()) && !capital;
      if (IsNoStreetName(folded.view())) name.is_refused = true;
      if (!capital && !joint) {
        if (name.words > 0 && !name.is_lower) return name;
        if (name.words >= 3) return name;
        name.is_lower = true;
      } else if (capital && name.is_lower) {
        return name;
      }
      if (!joint) {
        size_t name_end = end;
        if (At(text, end) == '.' && (end - start <= 2 || At(text, end + 1) == ' ')) {
          // "G. Garibaldi", "St. Martin": an initial; else the sentence ends here.
          if (end - start > 3 || !IsCapital(text, end + (At(text, end + 1) == ' ' ? 2 : 1))) {
            name.end = end;
            ++name.words;
            name.last = text[end - 1];
            return name;
          }
          ++name_end;
        }
        name.end = name_end;
        ++name.words;
        name.last = text[end - 1];
      }
    }
    size_t next = name.end >= start ? name.end : WordEnd(text, start);
    const char gap = At(text, next);
    if (gap == '\'' || gap == '-' || gap == ' ') ++next;
    if (text.substr(next, 3) == "\xE2\x80\x99") next += 3;
    if (next == (name.end >= start ? name.end : WordEnd(text, start)) && Before(text, next) != '.') return name;
    start = next;
  }
  return name;
}

bool IsVowel(char c) { return (c & 0x80) != 0 || std::string_view("aeiouAEIOU").find(c) != std::string_view::npos; }

// "in via", "alla via": an Italian says where.
bool IsPlacedInItalian(std::string_view text, size_t start) {
  const FoldedWord before(WordBefore(text, start));
  constexpr std::string_view kWords[] = {"in", "alla", "dalla", "sulla", "nella", "abito", "abita", "sita", "sito"};
  return std::find(std::begin(kWords), std::end(kWords), before.view()) != std::end(kWords);
}

// via Giuseppe Garibaldi 12; calle Mayor, 5.
Street ReadTypeFirst(std::string_view text, size_t start, size_t type_end, StreetWord sure, uint64_t* steps) {
  Street street{start};
  const FoldedWord type(text.substr(start, type_end - start));
  size_t at = type_end;
  if (type.view() == "c" && At(text, at) != '.') return {};
  if (At(text, at) == '.') ++at;
  if (At(text, at) == ' ') ++at;
  if (at == type_end && type.view() != "c/") return {};
  const Name name = ReadName(text, at, steps);
  if (name.end == 0) return {};
  const HouseNumber number = ReadHouseNumber(text, name.end, steps);
  street.end = number.end > 0 ? number.end : name.end;
  street.has_number = number.end > 0;
  street.is_named = sure == StreetWord::kSure && !name.is_lower;
  if (name.is_refused || (street.has_number && CountsSomething(text, number.end))) {
    street.is_hopeless = true;
    return street;
  }
  const bool is_course = type.view() == "corso" || type.view() == "largo";
  if (is_course && !IsCapital(text, at) && text.substr(at, 9) != "di Porta ") street.is_hopeless = true;
  if (name.is_lower) {
    street.is_sure = IsPlacedInItalian(text, start) && sure == StreetWord::kSure && name.words <= 3;
    street.needs_end = true;
    return street;
  }
  const bool capital_type = IsCapital(text, start);
  const bool placed = IsPlacedInItalian(text, start);
  if (type.view() == "via") {
    // Latin "via" goes with anything ("via Python 3"); a name in Italian ends in a vowel.
    street.is_sure = capital_type || placed || number.is_marked || name.words > 1 || IsVowel(name.last);
  } else if (sure == StreetWord::kLoose) {
    // "corso Analisi 1": a part of a course; "corso Avanzato 12": who knows.
    const bool is_part = type.view() == "corso" && number.end - number.digit == 1 && !number.is_marked;
    const bool is_named = name.words > 1 || capital_type || (type.view() != "corso" && IsVowel(name.last));
    street.is_sure = number.is_marked || placed || (is_named && !is_part);
  } else {
    street.is_sure = true;
  }
  if (number.is_year && !number.is_marked) street.is_sure = false;
  if (type.view() == "c") street.is_sure = false;  // Or the initial of somebody's name.
  return street;
}

// Where "12", "12 bis", "12-14", "12 B" that ends at `end` starts, or `end`.
size_t NumberStart(std::string_view text, size_t end, uint64_t* steps) {
  size_t start = end;
  while (end - start < 8 && (IsAlnum(Before(text, start)) || Before(text, start) == '-' || Before(text, start) == '/'))
    --start;
  *steps += end - start + 2;
  const FoldedWord word(text.substr(start, end - start));
  const bool ending = word.view() == "bis" || word.view() == "ter" || word.view() == "quater" ||
                      (end - start == 1 && IsUpper(At(text, start)));
  if (ending && Before(text, start) == ' ') {
    size_t digits = start - 1;
    while (start - digits < 6 && IsDigit(Before(text, digits))) --digits;
    if (digits < start - 1) start = digits;
  }
  if (start == end || !IsDigit(text[start]) || (text[start] == '0' && !IsDigit(At(text, start + 2)))) return end;
  const char before = Before(text, start);
  if (IsWordByte(before) || IsDigit(before) || std::string_view("$#-./_+=:%&\\").find(before) != std::string_view::npos)
    return before == '\0' ? start : end;
  if ((before & 0x80) != 0) return end;
  if (before == ',' && IsDigit(Before(text, start, 2))) return end;
  return HouseNumberEnd(text.substr(0, end), start, steps) == end ? start : end;
}

// 12 rue de la Paix; 5 bis, avenue Victor Hugo.
Street ReadFrench(std::string_view text, size_t start, size_t type_end, StreetWord sure, uint64_t* steps) {
  Street street{start};
  size_t at = type_end;
  if (At(text, at) == '.') ++at;
  if (At(text, at) != ' ') return {};
  ++at;
  const Name name = ReadName(text, at, steps);
  if (name.end == 0) return {};
  street.end = name.end;
  street.is_named = sure == StreetWord::kSure && !name.is_lower;
  if (name.is_lower) {
    // A name in lower case ends after its first word, unless it is the last of the clause.
    if (!IsClauseEnd(text, name.end)) {
      size_t first = at;
      while (IsNameJoint(FoldedWord(text.substr(first, WordEnd(text, first) - first)).view())) {
        first = WordEnd(text, first);
        if (At(text, first) == ' ' || At(text, first) == '\'') ++first;
        if (text.substr(first, 3) == "\xE2\x80\x99") first += 3;
        if (first >= name.end) break;
      }
      street.end = std::min(name.end, WordEnd(text, first));
    }
  }
  size_t number_end = start;
  if (Before(text, number_end) == ' ') --number_end;
  if (Before(text, number_end) == ',') --number_end;
  const size_t number = number_end < start ? NumberStart(text, number_end, steps) : number_end;
  street.has_number = number < number_end;
  if (street.has_number) street.start = number;
  const bool joined = IsNameJoint(FoldedWord(text.substr(at, WordEnd(text, at) - at)).view());
  street.is_sure =
      sure == StreetWord::kSure ? !name.is_lower || joined || IsClauseEnd(text, street.end) : !name.is_lower;
  street.is_hopeless =
      name.is_refused || (sure == StreetWord::kLoose && name.is_lower) || CountsSomething(text, street.end);
  return street;
}

constexpr std::string_view kYearWords[] = {
    "in",     "since", "by",    "until", "during",  "from",  "of",       "and",      "chapter", "section",
    "figure", "table", "page",  "step",  "version", "level", "day",      "episode",  "season",  "part",
    "act",    "scene", "stage", "track", "phase",   "gate",  "question", "exercise", "top"};

bool IsYearOrChapter(std::string_view text, size_t start, size_t size) {
  const FoldedWord before(WordBefore(text, start));
  const auto* found = std::find(std::begin(kYearWords), std::end(kYearWords), before.view());
  if (found == std::end(kYearWords)) return false;
  const std::string_view number = text.substr(start, size);
  return found - std::begin(kYearWords) >= 8 || (size == 4 && (number.starts_with("1") || number.starts_with("2")));
}

// Bytes of " NW", " North" at `at`.
size_t DirectionSize(std::string_view text, size_t at) {
  if (At(text, at) != ' ') return 0;
  const size_t end = WordEnd(text, at + 1);
  const std::string_view word = text.substr(at + 1, end - at - 1);
  for (const std::string_view direction :
       {"N", "S", "E", "W", "NE", "NW", "SE", "SW", "North", "South", "East", "West"}) {
    if (word == direction && !IsDigit(At(text, end))) return end - at;
  }
  return 0;
}

// 221B Baker Street; 1600 Pennsylvania Ave NW.
Street ReadEnglish(std::string_view text, size_t type_start, size_t type_end, StreetWord sure, uint64_t* steps) {
  constexpr int kMaxWords = 5;
  constexpr size_t kMaxBytes = 24;
  Street street;
  bool comma = false;  // Behind the number.
  bool lower = !IsCapital(text, type_start);
  bool refused = false;
  size_t at = type_start;
  for (int words = 0; words < kMaxWords; ++words) {
    // A line may end behind the flat: "Flat 3\nHigh Street".
    const bool new_line = words > 0 && Before(text, at) == '\n';
    if (Before(text, at) != ' ' && !new_line) return {};
    size_t end = at - 1;
    if (words > 0 && Before(text, end) == ',') --end;
    size_t start = end;
    while (end - start <= kMaxBytes &&
           (IsWordByte(Before(text, start)) || IsDigit(Before(text, start)) || Before(text, start) == '\'' ||
            Before(text, start) == '.' || Before(text, start) == '-' || Before(text, start) == '/'))
      --start;
    *steps += end - start + 1;
    if (start == end || end - start > kMaxBytes) return {};
    const std::string_view token = text.substr(start, end - start);
    const bool ordinal = IsDigit(token[0]) && token.size() >= 3 && IsLetter(token[token.size() - 1]) &&
                         IsLetter(token[token.size() - 2]);
    if (IsDigit(token[0]) && !ordinal) {
      if (words == 0) return {};
      const size_t number = NumberStart(text, end, steps);
      if (number != start) return {};
      const std::string_view unit = WordBefore(text, number);
      const bool is_unit = IsUnitWord(unit);
      if (new_line && !is_unit) return {};
      const bool first_capital = IsCapital(text, end + (text[end] == ',' ? 2 : 1)) || IsDigit(text[end + 1]);
      if (!first_capital) lower = true;
      comma = text[end] == ',';
      street.start = is_unit ? number - 1 - unit.size() : number;
      street.has_number = true;
      street.is_sure = !lower && !IsYearOrChapter(text, number, end - number);
      break;
    }
    if (end + 1 != at || new_line) return {};  // A comma in the middle of the name.
    const FoldedWord folded(token);
    if (IsNoStreetName(folded.view())) refused = true;
    if (!ordinal && !IsCapital(text, start)) {
      if (!IsNameJoint(folded.view()) && folded.view() != "of" && folded.view() != "the") {
        lower = true;
        if (words >= 2) return {};
      }
    }
    at = start;
  }
  if (!street.has_number) return {};
  street.end = type_end;
  size_t after = type_end;
  const bool short_form = type_end - type_start <= 4;
  if (short_form && At(text, after) == '.') ++after;
  if (const size_t direction = DirectionSize(text, after)) street.end = after + direction;
  const bool goes_on = At(text, after) == ' ' && IsCapital(text, after + 1) && street.end == type_end;
  // "12 March Dr. Smith", "3 Mount St Helens".
  const FoldedWord type(text.substr(type_start, type_end - type_start));
  if (goes_on && (type.view() == "st" || type.view() == "dr")) street.is_sure = false;
  if (sure == StreetWord::kLoose && goes_on) street.is_sure = false;
  if (sure == StreetWord::kRare) {
    // "38831 Daniel Center" is long enough; "Phase 2 Data Center" is not.
    // Nor is a year before a surname: "2009 Neil Groves".
    const std::string_view year = text.substr(street.start, 5);
    const bool is_year = (year.starts_with("19") || year.starts_with("20")) && year.ends_with(' ');
    const bool long_number = IsDigit(At(text, street.start + 2)) && !is_year;
    street.is_sure =
        street.is_sure && ((long_number && !goes_on && !comma) || UnitsEnd(text, street.end, steps) > street.end);
  }
  street.is_hopeless = refused;
  street.start = UnitStart(text, street.start);
  return street;
}

// The words before a German ending that go with it: "Berliner Straße", "Alte Poststraße".
size_t WithWordBefore(std::string_view text, size_t start) {
  if (Before(text, start) != ' ') return start;
  size_t before = start - 1;
  while (start - 1 - before <= kMaxWordBytes && (IsWordByte(Before(text, before)) || Before(text, before) == '-'))
    --before;
  if (before == start - 1 || !IsCapital(text, before)) return start;
  const FoldedWord folded(text.substr(before, start - 1 - before));
  constexpr std::string_view kNoParts[] = {"der", "die", "das", "diese", "unsere", "meine", "eine", "ihre", "seine"};
  if (std::find(std::begin(kNoParts), std::end(kNoParts), folded.view()) != std::end(kNoParts)) return start;
  return before;
}

// Hauptstraße 12; Musterstr. 5a; Schönhauser Allee 3. `digit` is the number's first.
Street ReadGerman(std::string_view text, size_t digit, uint64_t* steps) {
  size_t name_end = digit;
  if (Before(text, name_end) == ' ') --name_end;
  const bool comma = Before(text, name_end) == ',';
  if (comma) --name_end;
  const size_t word_end = Before(text, name_end) == '.' ? name_end - 1 : name_end;
  const size_t word_start = WordStart(text, word_end);
  *steps += word_end - word_start + 8;
  const size_t word_size = word_end - word_start;
  if (word_size == 0 || word_size > kMaxWordBytes) return {};
  const FoldedWord folded(text.substr(word_start, word_size));
  StreetWord sure = GermanStreetWord(folded.view());
  if (sure == StreetWord::kNone) return {};
  const char before_word = Before(text, word_start);
  if (before_word == '_' || before_word == '.' || IsDigit(before_word)) return {};
  // "HEXSTR 0", "BESTRING16": names in code.
  const bool is_short = folded.view().ends_with("str");
  const bool is_abbreviated = is_short && Before(text, name_end) == '.';
  if (is_short && !is_abbreviated && IsUpper(text[word_end - 1])) return {};
  if (name_end == digit && !is_abbreviated && !folded.view().ends_with("strasse")) return {};
  const HouseNumber number = ReadHouseNumber(text, digit - 1, steps);
  size_t number_end = number.end;
  if (number_end == 0) number_end = HouseNumberEnd(text, digit, steps);
  if (number_end == digit || number_end == 0 || IsDigit(Before(text, digit))) return {};
  if (text[digit] == '0' && number_end > digit + 1) return {};

  Street street{word_start, number_end, true};
  const bool hyphenated = Before(text, word_start) == '-' && IsWordByte(Before(text, word_start, 2));
  for (int parts = 0; parts < 4 && Before(text, street.start) == '-'; ++parts) {
    const size_t part = WordStart(text, street.start - 1);
    *steps += street.start - part;
    if (part == street.start - 1) return {};
    street.start = part;
  }
  // The ending alone ("Straße", "Allee") needs a word before it; "str" alone is no street.
  constexpr std::string_view kAlone[] = {"strasse", "allee", "gasse", "weg",  "platz",  "damm", "ufer", "chaussee",
                                         "ring",    "markt", "hof",   "berg", "graben", "wall", "park", "linden"};
  const bool alone = std::find(std::begin(kAlone), std::end(kAlone), folded.view()) != std::end(kAlone);
  if (alone && !hyphenated) {
    street.start = WithWordBefore(text, word_start);
    if (street.start == word_start) return {};
    if (folded.view() != "strasse" && folded.view() != "allee" && folded.view() != "gasse") sure = StreetWord::kLoose;
  } else if (!hyphenated && word_size < 6) {
    return {};
  } else if (hyphenated && !alone && sure == StreetWord::kLoose) {
    return {};  // Baden-Württemberg.
  } else if (IsCapital(text, street.start)) {
    constexpr std::string_view kAdjectives[] = {"alte",  "neue",  "grosse", "kleine",  "obere",   "untere", "hohe",
                                                "lange", "alter", "neuer",  "grosser", "kleiner", "oberer", "unterer"};
    const size_t before = WithWordBefore(text, street.start);
    const FoldedWord adjective(text.substr(before, street.start > before ? street.start - 1 - before : 0));
    if (std::find(std::begin(kAdjectives), std::end(kAdjectives), adjective.view()) != std::end(kAdjectives))
      street.start = before;
  }
  const bool capital = IsCapital(text, street.start);
  street.is_hopeless = CountsSomething(text, number_end) || IsNoStreetName(folded.view());
  const bool year = number.is_year && !comma && !hyphenated;
  street.is_sure = capital && !year && (sure == StreetWord::kSure || hyphenated);
  if (!capital) {
    street.is_sure = folded.view().ends_with("strasse") && !year;
    street.needs_end = true;
  }
  return street;
}

// Am Alten Markt 3; Unter den Linden 77; Straße des 17. Juni 135.
Street ReadGermanPlace(std::string_view text, size_t start, size_t type_end, uint64_t* steps) {
  if (At(text, type_end) != ' ') return {};
  const Name name = ReadName(text, type_end + 1, steps);
  if (name.end == 0 || name.is_lower || name.is_refused || name.words > 3) return {};
  const HouseNumber number = ReadHouseNumber(text, name.end, steps);
  if (number.end == 0) return {};
  Street street{start, number.end, true};
  const size_t last = WordStart(text, name.end);
  const FoldedWord folded(text.substr(last, name.end - last));
  const bool of_street =
      text.substr(start, 2) == "St" || text.substr(start, 2) == "Pl" || text.substr(start, 2) == "Al";
  constexpr std::string_view kEndings[] = {"bahnhof", "tor",     "see",   "wald",   "muhle",  "bach",
                                           "feld",    "garten",  "hang",  "kirche", "brucke", "dorf",
                                           "rathaus", "schloss", "anger", "rain"};
  const bool of_place = GermanStreetWord(folded.view()) != StreetWord::kNone ||
                        std::any_of(std::begin(kEndings), std::end(kEndings),
                                    [&](std::string_view ending) { return folded.view().ends_with(ending); });
  street.is_sure = (of_street || of_place) && !number.is_year;
  street.needs_end = !of_street;
  street.is_hopeless = CountsSomething(text, number.end);
  return street;
}

// "residente in", "Anschrift:" close before the street.
std::optional<Extent> CueBefore(std::string_view text, size_t start, Sink* sink) {
  const std::optional<Extent> cue = sink->cues().Beside(start, start, Cue::kAddress);
  if (!cue || cue->end > start || start - cue->end > kMaxGapBytes) return std::nullopt;
  const std::string_view gap = text.substr(cue->end, start - cue->end);
  sink->steps += gap.size();
  return gap.find_first_of(";?!") == std::string_view::npos && gap.find(". ") == std::string_view::npos ? cue
                                                                                                        : std::nullopt;
}

// Returns where the address ends, or 0 if there is none.
size_t Report(std::string_view text, const Street& street, Sink* sink) {
  if (street.end == 0 || street.is_hopeless) return 0;
  const size_t units_end = street.has_number ? UnitsEnd(text, street.end, &sink->steps) : street.end;
  const size_t tail_end = TownTailEnd(text, units_end, &sink->steps);
  const bool has_tail = tail_end > units_end;
  const bool is_form = street.has_number && street.is_sure && (!street.needs_end || IsClauseEnd(text, units_end));
  const Scores& scores = SpecOf(Entity::kStreetAddress).scores;
  const std::optional<Extent> cue = CueBefore(text, street.start, sink);
  if ((cue && (street.has_number || street.is_named)) || has_tail) {
    sink->Add(Entity::kStreetAddress, street.start, tail_end, Evidence::kContext, scores.in_context,
              cue.value_or(Extent{static_cast<uint32_t>(units_end), static_cast<uint32_t>(tail_end)}));
    return tail_end;
  }
  if (!is_form) return 0;
  sink->Add(Entity::kStreetAddress, street.start, units_end, Evidence::kPattern, scores.alone);
  return units_end;
}

// The word that ends at `end`, with the dots and the slash of "P.zza", "C/".
size_t TypeStart(std::string_view text, size_t end) {
  size_t start = end;
  while (end - start <= 14 && (IsWordByte(Before(text, start)) || Before(text, start) == '.' ||
                               (start == end && Before(text, start) == '/')))
    --start;
  return start;
}

void FindStreets(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  size_t last_end = 0;
  const auto report = [&](const Street& street) {
    if (const size_t end = Report(text, street, sink)) {
      last_end = end;
      return true;
    }
    return false;
  };
  for (const uint32_t anchor_end : anchor_ends) {
    const size_t end = anchor_end;
    ++sink->steps;
    if (end <= last_end) continue;
    if (IsDigit(text[end - 1])) {
      report(ReadGerman(text, end - 1, &sink->steps));
      continue;
    }
    const char after = At(text, end);
    if (IsWordByte(after) || after == '_' || IsDigit(after)) continue;
    size_t start = TypeStart(text, end);
    sink->steps += end - start;
    if (end - start > 14 || IsDigit(Before(text, start)) || Before(text, start) == '_' || start == end) continue;
    while (start < end && text[start] == '.') ++start;
    const FoldedWord word(text.substr(start, end - start));
    const StreetWord english = EnglishStreetWord(word.view());
    if (english == StreetWord::kRare && report(ReadEnglish(text, start, end, english, &sink->steps))) continue;
    if (const StreetWord sure = ItalianStreetWord(word.view()); sure != StreetWord::kNone) {
      report(ReadTypeFirst(text, start, end, sure, &sink->steps));
      continue;
    }
    const StreetWord french = FrenchStreetWord(word.view());
    if (french != StreetWord::kNone && report(ReadFrench(text, start, end, french, &sink->steps))) continue;
    if (english != StreetWord::kNone) {
      report(ReadEnglish(text, start, end, english, &sink->steps));
      continue;
    }
    // The German anchors of two words start with a capital.
    size_t first = start;
    if (Before(text, start) == ' ' && !IsCapital(text, start)) first = WordStart(text, start - 1);
    if (IsCapital(text, first)) report(ReadGermanPlace(text, first, end, &sink->steps));
  }
}

}  // namespace

const Recognizer kStreetAddressRecognizer = {StreetAnchor, false, FindStreets, nullptr, SeekStreets};

}  // namespace tokenfoundry::pii
