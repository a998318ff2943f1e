#include <algorithm>
#include <optional>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizers/date_text_internal.h"
#include "tokenfoundry/pii/recognizers/folded_word_internal.h"
#include "tokenfoundry/pii/validators/dates_internal.h"

namespace tokenfoundry::pii {
namespace {

struct Month {
  std::string_view name;
  int number;
  bool whole;  // The whole name, which needs no year to be a month.
};

// Sorted by name, without accents.
constexpr Month kMonths[] = {
    {"abr", 4, false},      {"abril", 4, true},     {"ago", 8, false},       {"agosto", 8, true},
    {"aout", 8, true},      {"apr", 4, false},      {"april", 4, true},      {"aprile", 4, true},
    {"aug", 8, false},      {"august", 8, true},    {"avr", 4, false},       {"avril", 4, true},
    {"dec", 12, false},     {"december", 12, true}, {"decembre", 12, true},  {"dez", 12, false},
    {"dezember", 12, true}, {"dic", 12, false},     {"dicembre", 12, true},  {"diciembre", 12, true},
    {"ene", 1, false},      {"enero", 1, true},     {"feb", 2, false},       {"febbraio", 2, true},
    {"febrero", 2, true},   {"februar", 2, true},   {"february", 2, true},   {"fev", 2, false},
    {"fevr", 2, false},     {"fevrier", 2, true},   {"gen", 1, false},       {"gennaio", 1, true},
    {"giu", 6, false},      {"giugno", 6, true},    {"jan", 1, false},       {"janner", 1, true},
    {"januar", 1, true},    {"january", 1, true},   {"janv", 1, false},      {"janvier", 1, true},
    {"juil", 7, false},     {"juillet", 7, true},   {"juin", 6, true},       {"jul", 7, false},
    {"juli", 7, true},      {"julio", 7, true},     {"july", 7, true},       {"jun", 6, false},
    {"june", 6, true},      {"juni", 6, true},      {"junio", 6, true},      {"lug", 7, false},
    {"luglio", 7, true},    {"mag", 5, false},      {"maggio", 5, true},     {"mai", 5, true},
    {"mar", 3, false},      {"march", 3, true},     {"mars", 3, true},       {"marz", 3, true},
    {"marzo", 3, true},     {"may", 5, true},       {"mayo", 5, true},       {"nov", 11, false},
    {"november", 11, true}, {"novembre", 11, true}, {"noviembre", 11, true}, {"oct", 10, false},
    {"october", 10, true},  {"octobre", 10, true},  {"octubre", 10, true},   {"okt", 10, false},
    {"oktober", 10, true},  {"ott", 10, false},     {"ottobre", 10, true},   {"sep", 9, false},
    {"sept", 9, false},     {"september", 9, true}, {"septembre", 9, true},  {"septiembre", 9, true},
    {"set", 9, false},      {"setiembre", 9, true}, {"settembre", 9, true},
};
static_assert(std::is_sorted(std::begin(kMonths), std::end(kMonths),
                             [](const Month& a, const Month& b) { return a.name < b.name; }));

const Month* FindMonth(std::string_view word) {
  const FoldedWord folded(word);
  const auto* found = std::lower_bound(std::begin(kMonths), std::end(kMonths), folded.view(),
                                       [](const Month& month, std::string_view name) { return month.name < name; });
  return found == std::end(kMonths) || found->name != folded.view() ? nullptr : found;
}

constexpr size_t kMaxMonthBytes = 12;

// A number of one to four digits with nothing but digits around it.
struct Number {
  size_t end = 0;
  size_t digits = 0;
  int value = 0;
};

std::optional<Number> ReadNumber(std::string_view text, size_t at, uint64_t* steps) {
  Number number{at};
  for (; IsDigit(At(text, number.end)); ++number.end) {
    ++*steps;
    if (++number.digits > 4) return std::nullopt;
    number.value = 10 * number.value + (text[number.end] - '0');
  }
  return number.digits > 0 ? std::optional(number) : std::nullopt;
}

bool IsYear(const Number& number) { return number.digits == 4 && number.value >= 1800 && number.value < 2200; }
bool IsShort(const Number& number) { return number.digits <= 2; }

// Something more of the same number, or a word glued to it.
bool GoesOn(std::string_view text, size_t end) {
  const char c = At(text, end);
  if (IsWordByte(c) || c == '_' || IsDigit(c)) return true;
  return std::string_view(".-/,").find(c) != std::string_view::npos && IsDigit(At(text, end + 1));
}

bool IsDayMonthYear(const Number& first, const Number& second, int year) {
  return IsDate(year, second.value, first.value) || IsDate(year, first.value, second.value);
}

// 12/03/1980, 12.3.80, 12 - 03 - 1980, 1980-03-12, 12. 3. 1980.
DateText ReadNumeric(std::string_view text, size_t digit, uint64_t* steps) {
  const auto first = ReadNumber(text, digit, steps);
  if (!first || first->digits == 3) return {};
  size_t at = first->end;
  const bool spaced_before = At(text, at) == ' ';
  if (spaced_before) ++at;
  const char separator = At(text, at);
  if (separator != '/' && separator != '-' && separator != '.') return {};
  const bool spaced_after = At(text, ++at) == ' ';
  if (spaced_before && !spaced_after) return {};
  if (spaced_after) ++at;
  const auto second = ReadNumber(text, at, steps);
  if (!second || !IsShort(*second)) return {};
  at = second->end;
  if (spaced_before && At(text, at++) != ' ') return {};
  if (At(text, at++) != separator) return {};
  if (spaced_after && At(text, at++) != ' ') return {};
  const auto third = ReadNumber(text, at, steps);
  if (!third) return {};

  DateText date{{static_cast<uint32_t>(digit), static_cast<uint32_t>(third->end)}};
  const bool is_iso_with_time = At(text, third->end) == 'T' && IsDigit(At(text, third->end + 1));
  if (IsYear(*first)) {
    if (!IsShort(*third) || !IsDate(first->value, second->value, third->value)) return {};
    if (GoesOn(text, third->end) && !is_iso_with_time) return {};
    date.form = DateForm::kFull;
    return date;
  }
  if (!IsShort(*first) || GoesOn(text, third->end)) return {};
  if (IsYear(*third) && IsDayMonthYear(*first, *second, third->value)) date.form = DateForm::kFull;
  // Of 12.3.45 and 1-2-33 most are versions and ranges.
  const bool whole_groups = first->digits == 2 && second->digits == 2;
  if (third->digits == 2 && (separator == '/' || whole_groups) && IsDayMonthYear(*first, *second, 2000 + third->value))
    date.form = DateForm::kShortYear;
  return date;
}

// Bytes of what may stand between a day and its month: a dot, an ordinal's ending, "de", "of".
size_t DayEndingSize(std::string_view text, size_t at) {
  for (const std::string_view ending : {"er", "st", "nd", "rd", "th", "\xC2\xBA", "\xC2\xB0", "."}) {
    if (text.substr(at, ending.size()) == ending) return ending.size();
  }
  return 0;
}

size_t SkipWord(std::string_view text, size_t at, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (text.substr(at, word.size()) == word && At(text, at + word.size()) == ' ') return at + word.size() + 1;
  }
  return at;
}

// The year after a month, or nothing: " 2025", ", 2025", " de 2025", "-2025", "/2025".
std::optional<Number> ReadYearAfter(std::string_view text, size_t at, char joint, uint64_t* steps) {
  if (joint != ' ') {
    if (At(text, at) != joint) return std::nullopt;
    ++at;
  } else {
    if (At(text, at) == '.') ++at;
    if (At(text, at) == ',') ++at;
    if (At(text, at) != ' ') return std::nullopt;
    at = SkipWord(text, at + 1, {"de", "del", "of"});
  }
  const auto year = ReadNumber(text, at, steps);
  if (!year || !IsYear(*year)) return std::nullopt;
  const bool is_log = joint == '/' && At(text, year->end) == ':';
  return !is_log && GoesOn(text, year->end) ? std::nullopt : year;
}

// " 1672", ", 1672": a year that is none of ours is still a year, and the day is not of every one.
bool PrecedesSomeYear(std::string_view text, size_t at) {
  if (At(text, at) == ',') ++at;
  if (At(text, at) != ' ') return false;
  size_t end = at + 1;
  while (end - at <= 4 && IsDigit(At(text, end))) ++end;
  return end - at > 4;
}

// "may" and "march" are verbs too.
bool IsMonthWithoutYear(const Month& month, std::string_view word) {
  if (!month.whole) return false;
  return (month.name != "may" && month.name != "march" && month.name != "mars") || IsUpper(word[0]);
}

// 12 marzo 2025, 12. März 2025, 3 de mayo de 1990, 1er mai, 12-Mar-2025.
DateText ReadDayFirst(std::string_view text, size_t digit, uint64_t* steps) {
  const auto day = ReadNumber(text, digit, steps);
  if (!day || !IsShort(*day)) return {};
  size_t at = day->end + DayEndingSize(text, day->end);
  const char joint = At(text, at);
  if (joint != ' ' && joint != '-' && joint != '/') return {};
  ++at;
  if (joint == ' ') at = SkipWord(text, at, {"de", "of"});
  const size_t end = WordEnd(text, at);
  *steps += end - digit;
  if (end == at || end - at > kMaxMonthBytes) return {};
  const std::string_view word = text.substr(at, end - at);
  const Month* month = FindMonth(word);
  if (month == nullptr) return {};
  DateText date{{static_cast<uint32_t>(digit), static_cast<uint32_t>(end)}};
  if (const auto year = ReadYearAfter(text, end, joint, steps)) {
    if (!IsDate(year->value, month->number, day->value)) return {};
    date.place.end = static_cast<uint32_t>(year->end);
    date.form = DateForm::kFull;
  } else if (joint == ' ' && !IsDigit(At(text, end)) && !PrecedesSomeYear(text, end) &&
             IsDateOfSomeCentury(0, month->number, day->value) && IsMonthWithoutYear(*month, word)) {
    date.form = DateForm::kDayMonth;
  }
  return date;
}

// March 12, 2025; March 12th; March 2025.
DateText ReadMonthFirst(std::string_view text, size_t digit, uint64_t* steps) {
  size_t end = digit;
  if (Before(text, end) != ' ') return {};
  --end;
  if (Before(text, end) == '.') --end;
  size_t start = end;
  while (end - start <= kMaxMonthBytes && IsWordByte(Before(text, start))) --start;
  *steps += end - start + 1;
  if (start == end || end - start > kMaxMonthBytes) return {};
  const std::string_view word = text.substr(start, end - start);
  const Month* month = FindMonth(word);
  if (month == nullptr) return {};
  const auto number = ReadNumber(text, digit, steps);
  if (!number) return {};
  DateText date{{static_cast<uint32_t>(start), static_cast<uint32_t>(number->end)}};
  const bool follows_day = Before(text, start) == ' ' && IsDigit(Before(text, start, 2));  // "31 giugno 2025" is none.
  if (IsYear(*number) && !follows_day && !GoesOn(text, number->end) && IsMonthWithoutYear(*month, word)) {
    date.form = DateForm::kMonthYear;
    return date;
  }
  if (!IsShort(*number)) return {};
  size_t after = number->end;
  if (At(text, after) != '.') after += DayEndingSize(text, after);
  if (const auto year = ReadYearAfter(text, after, ' ', steps)) {
    if (!IsDate(year->value, month->number, number->value)) return {};
    date.place.end = static_cast<uint32_t>(year->end);
    date.form = DateForm::kFull;
  } else if (!GoesOn(text, after) && !PrecedesSomeYear(text, after) && At(text, after) != ':' && IsUpper(word[0]) &&
             IsMonthWithoutYear(*month, word) && IsDateOfSomeCentury(0, month->number, number->value)) {
    date.place.end = static_cast<uint32_t>(after);
    date.form = DateForm::kDayMonth;
  }
  return date;
}

// Two digits that are less than `limit`, at `at`.
bool IsPairBelow(std::string_view text, size_t at, int limit) {
  return IsDigit(At(text, at)) && IsDigit(At(text, at + 1)) && Pair(text, at) < limit;
}

// Where " pm", "a.m." at `at` ends, or `at`.
size_t HalfDayEnd(std::string_view text, size_t at) {
  size_t end = at;
  if (At(text, end) == ' ') ++end;
  const char half = ToLower(At(text, end));
  if (half != 'a' && half != 'p') return at;
  ++end;
  const bool dotted = At(text, end) == '.';
  if (dotted) ++end;
  if (ToLower(At(text, end)) != 'm' || IsWordByte(At(text, end + 1)) || IsDigit(At(text, end + 1))) return at;
  ++end;
  return dotted && At(text, end) == '.' ? end + 1 : end;
}

// Where "Z", "+01:00", " UTC" at `at` ends, or `at`.
size_t ZoneEnd(std::string_view text, size_t at) {
  if (At(text, at) == 'Z' && !IsAlnum(At(text, at + 1))) return at + 1;
  const size_t sign = At(text, at) == ' ' ? at + 1 : at;
  for (const std::string_view zone : {"UTC", "GMT", "CEST", "CET"}) {
    if (text.substr(sign, zone.size()) == zone && !IsAlnum(At(text, sign + zone.size()))) return sign + zone.size();
  }
  if ((At(text, sign) != '+' && At(text, sign) != '-') || !IsPairBelow(text, sign + 1, 15)) return at;
  const size_t minutes = At(text, sign + 3) == ':' ? sign + 4 : sign + 3;
  return IsPairBelow(text, minutes, 60) && !IsDigit(At(text, minutes + 2)) ? minutes + 2 : at;
}

bool FollowsAnHourWord(std::string_view text, size_t digit) {
  if (Before(text, digit) != ' ') return false;
  const size_t start = WordStart(text, digit - 1);
  const FoldedWord word(text.substr(start, digit - 1 - start));
  for (const std::string_view hour : {"ore", "alle", "dalle", "um", "at", "las", "h"}) {
    if (word.view() == hour) return true;
  }
  return false;
}

}  // namespace

DateText ReadDate(std::string_view text, size_t digit, uint64_t* steps) {
  for (const auto read : {ReadNumeric, ReadDayFirst, ReadMonthFirst}) {
    const DateText date = read(text, digit, steps);
    if (date.form != DateForm::kNone) return date;
  }
  return {};
}

size_t LooseDateEnd(std::string_view text, size_t digit, uint64_t* steps) {
  size_t run = digit;
  while (run - digit <= 8 && IsDigit(At(text, run))) ++run;
  *steps += run - digit;
  if (GoesOn(text, run)) return digit;
  if (run - digit == 8) {
    const auto value = [&](size_t at, size_t size) {
      int number = 0;
      for (size_t i = 0; i < size; ++i) number = 10 * number + (text[digit + at + i] - '0');
      return number;
    };
    const auto is_day = [](int year, int month, int day) {
      return year >= 1800 && year < 2200 && IsDate(year, month, day);
    };
    return is_day(value(0, 4), value(4, 2), value(6, 2)) || is_day(value(4, 4), value(2, 2), value(0, 2)) ? run : digit;
  }
  const auto first = ReadNumber(text, digit, steps);
  if (!first || !IsShort(*first) || At(text, first->end) != ' ') return digit;
  const auto second = ReadNumber(text, first->end + 1, steps);
  if (!second || !IsShort(*second) || At(text, second->end) != ' ') return digit;
  const auto third = ReadNumber(text, second->end + 1, steps);
  if (!third || !IsYear(*third) || GoesOn(text, third->end)) return digit;
  return IsDayMonthYear(*first, *second, third->value) ? third->end : digit;
}

size_t TimeEnd(std::string_view text, size_t digit, uint64_t* steps) {
  const auto hour = ReadNumber(text, digit, steps);
  if (!hour || !IsShort(*hour) || hour->value > 24) return digit;
  ++*steps;
  const size_t hour_end = hour->end;
  if (const size_t end = HalfDayEnd(text, hour_end); end > hour_end && hour->value >= 1 && hour->value <= 12)
    return end;
  const char joint = At(text, hour_end);
  if (joint == 'h' || joint == 'H') {  // 14h30, 9h.
    if (IsPairBelow(text, hour_end + 1, 60) && !GoesOn(text, hour_end + 3)) return hour_end + 3;
    return joint == 'h' && FollowsAnHourWord(text, digit) && !GoesOn(text, hour_end + 1) ? hour_end + 1 : digit;
  }
  if (text.substr(hour_end, 4) == " Uhr") return hour_end + 4;
  if ((joint != ':' && joint != '.') || !IsPairBelow(text, hour_end + 1, 60)) return digit;
  size_t end = hour_end + 3;
  if (joint == '.') {  // 9.30 is a price and a version, too.
    if (GoesOn(text, end)) return digit;
    if (text.substr(end, 4) == " Uhr") return end + 4;
    return FollowsAnHourWord(text, digit) ? end : HalfDayEnd(text, end) > end ? HalfDayEnd(text, end) : digit;
  }
  bool seconds = false;
  if (At(text, end) == ':') {
    if (!IsPairBelow(text, end + 1, 61)) return digit;
    seconds = true;
    end += 3;
    const char point = At(text, end);
    if ((point == '.' || point == ',') && IsDigit(At(text, end + 1))) {
      size_t fraction = end + 1;
      while (fraction - end <= 9 && IsDigit(At(text, fraction))) ++fraction;
      *steps += fraction - end;
      end = fraction;
    }
  }
  if (const size_t half = HalfDayEnd(text, end); half > end) return half;
  if (const size_t zone = ZoneEnd(text, end); zone > end) return zone;
  if (text.substr(end, 4) == " Uhr") return end + 4;
  if (IsWordByte(At(text, end)) || IsDigit(At(text, end)) || (At(text, end) == ':' && IsAlnum(At(text, end + 1))))
    return digit;
  return seconds || hour->digits == 2 || Before(text, digit) == ' ' || digit == 0 ? end : digit;
}

}  // namespace tokenfoundry::pii
