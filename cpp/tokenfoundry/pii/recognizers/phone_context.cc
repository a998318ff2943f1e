#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizers/folded_word_internal.h"
#include "tokenfoundry/pii/recognizers/phone_context_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kSentenceReachBefore = 64;
constexpr size_t kSentenceReachAfter = 40;
constexpr size_t kMaxLabelGap = 16;
constexpr size_t kMaxNearGap = 24;
constexpr size_t kMaxPaddingBytes = 16;  // Spaces and quotes beside a value in its cell.
constexpr size_t kMaxHeadingBytes = 40;
constexpr size_t kMaxNounBytes = 20;
constexpr size_t kLongNumberDigits = 3;

bool HasNumber(std::string_view text, size_t digits) {
  size_t run = 0;
  for (const char c : text) {
    run = IsDigit(c) ? run + 1 : 0;
    if (run == digits) return true;
  }
  return false;
}

// Whether a noun for telephone is at `word`, not a verb that may speak of anything ("call", "contact").
bool IsPhoneNoun(std::string_view word) {
  constexpr std::string_view kStems[] = {"tel",   "tél", "TÉL", "phone", "fon",  "mob", "móv",   "cel",     "fax",
                                         "handy", "wha", "tlf", "tfno",  "rufn", "gsm", "smart", "landline"};
  return std::any_of(std::begin(kStems), std::end(kStems), [&](std::string_view stem) {
    return word.size() >= stem.size() &&
           std::equal(stem.begin(), stem.end(), word.begin(), [](char s, char c) { return ToLower(c) == ToLower(s); });
  });
}

// Whether a noun for telephone may stand at once before `start`: a quick look, before words are read in earnest.
bool MayBeLabelled(std::string_view text, size_t start, uint64_t* steps) {
  const size_t from = start - std::min(start, kMaxLabelGap + kMaxNounBytes);
  *steps += start - from;
  for (size_t at = from; at < start; ++at) {
    if (IsWordByte(text[at]) && !IsWordByte(Before(text, at)) && IsPhoneNoun(text.substr(at, start - at))) return true;
  }
  return false;
}

// Whether a word for another number was said of a number, or on a line of words, before this one.
bool IsSpent(std::string_view between) {
  if (HasNumber(between, kLongNumberDigits)) return true;
  const size_t newline = between.rfind('\n');
  return newline != std::string_view::npos && std::any_of(between.begin(), between.end(), IsWordByte);
}

// A number that is all of its line, under a line of two to five words: the end of a letter.
bool IsInSignature(std::string_view before, std::string_view after) {
  if (after.find_first_not_of(" \r") != std::string_view::npos) return false;
  const size_t newline = before.rfind('\n');
  if (newline == std::string_view::npos || before.find_first_not_of(" (\r", newline + 1) != std::string_view::npos) {
    return false;
  }
  before = before.substr(0, newline);
  const size_t line_before = before.rfind('\n');
  if (line_before != std::string_view::npos) before.remove_prefix(line_before + 1);
  size_t words = 0;
  size_t letters = 0;
  for (const char c : before) {
    if (!IsWordByte(c) && std::string_view(" .,'-\r").find(c) == std::string_view::npos) return false;
    letters = IsWordByte(c) ? letters + 1 : 0;
    if (letters == 2) ++words;
  }
  return words >= 2 && words <= 5;
}

// "Tel:\t333 1234567" under another line with a tab: the label counts, not the line above.
bool IsOnOneLine(std::string_view text, size_t from, size_t to) {
  return from <= to && text.substr(from, to - from).find('\n') == std::string_view::npos;
}

size_t Words(std::string_view text) {
  size_t words = 0;
  bool inside = false;
  for (const char c : text) {
    if (IsWordByte(c) && !inside) ++words;
    inside = IsWordByte(c);
  }
  return words;
}

// What joins two numbers of a list: " e ", " oppure ", " / ".
bool IsConjunction(std::string_view text, size_t from, size_t to) {
  constexpr size_t kMaxBytes = 12;
  if (to <= from || to - from > kMaxBytes) return false;
  const std::string_view between = text.substr(from, to - from);
  const bool plain = std::all_of(between.begin(), between.end(), [](char c) {
    return IsWordByte(c) || std::string_view(" ,/()").find(c) != std::string_view::npos;
  });
  const size_t words = Words(between);
  return plain && (words == 1 || (words == 0 && between.find('/') != std::string_view::npos));
}

// 612 345 678 €: the number counts something.
bool CountsSomething(std::string_view text, size_t end) {
  constexpr std::string_view kUnits[] = {"€",        "$",        "£",         "%",      "eur",    "usd", "gbp",
                                         "chf",      "dollar",   "pound",     "byte",   "kb",     "mb",  "gb",
                                         "abitanti", "habitant", "einwohner", "people", "km",     "kg",  "ms",
                                         "persone",  "personas", "personnes", "milion", "million"};
  size_t at = end;
  if (const size_t separator = SeparatorSize(text, at); separator > 0 && At(text, at) != '-') at += separator;
  const std::string_view rest = text.substr(std::min(at, text.size()));
  return std::any_of(std::begin(kUnits), std::end(kUnits), [&](std::string_view unit) {
    return rest.size() >= unit.size() &&
           std::equal(unit.begin(), unit.end(), rest.begin(), [](char u, char c) { return u == ToLower(c); });
  });
}

bool IsPadding(char c) { return c == ' ' || c == '"' || c == '\'' || c == '*' || c == '`'; }
bool IsCellMark(char c) { return c == '\t' || c == '|' || c == ';' || c == ','; }
bool EndsLine(char c) { return c == '\0' || c == '\n' || c == '\r'; }

// Whether [start, end) stands where a cell does: most numbers do not, and need no table read.
bool MayBeCell(std::string_view text, size_t start, size_t end) {
  size_t before = start;
  while (start - before < kMaxPaddingBytes && IsPadding(Before(text, before))) --before;
  if (!IsCellMark(Before(text, before)) && !EndsLine(Before(text, before))) return false;
  if (end == start) return true;
  size_t after = end;
  while (after - end < kMaxPaddingBytes && IsPadding(At(text, after))) ++after;
  return IsCellMark(At(text, after)) || EndsLine(At(text, after));
}

// Whether a heading is one, not words of prose that stand between commas.
bool IsHeading(std::string_view text, Extent heading) {
  const std::string_view name = text.substr(heading.start, heading.end - heading.start);
  if (name.empty() || name.size() > kMaxHeadingBytes || HasNumber(name, 2)) return false;
  if (Before(text, heading.start) == ',') return name[0] != ' ';
  return At(text, heading.end) != ',' || At(text, heading.end + 1) != ' ';
}

}  // namespace

PhoneColumn ReadPhoneColumn(std::string_view text, size_t start, size_t end, Sink* sink, Extent* heading) {
  if (!MayBeCell(text, start, end)) return PhoneColumn::kNone;
  const std::optional<Extent> found = sink->cues().columns().HeaderOf(start);
  if (!found || !IsHeading(text, *found)) return PhoneColumn::kNone;
  *heading = *found;
  const std::optional<Extent> cue = sink->cues().Beside(found->end, found->end, Cue::kPhone);
  return cue && cue->start >= found->start && cue->end <= found->end ? PhoneColumn::kPhone : PhoneColumn::kOther;
}

PhoneContext ReadPhoneContext(std::string_view text, size_t start, size_t end, size_t last_end, bool only_label,
                              Sink* sink) {
  using Said = PhoneContext::Said;
  Extent heading;
  const PhoneColumn column = ReadPhoneColumn(text, start, end, sink, &heading);
  if (column == PhoneColumn::kPhone) return {Said::kLabel, heading, true, true};
  if (last_end > 0 && IsConjunction(text, last_end, start)) {
    return {Said::kLabel, {static_cast<uint32_t>(last_end), static_cast<uint32_t>(start)}, true};
  }
  if (only_label && !MayBeLabelled(text, start, &sink->steps)) return {};
  const std::optional<Extent> phone = sink->cues().Beside(start, end, Cue::kPhone);
  if (column == PhoneColumn::kOther && !(phone && IsOnOneLine(text, phone->end, start))) return {Said::kOther};
  std::optional<Extent> other = sink->cues().Beside(start, end, Cue::kOther);
  if (other && other->start >= end) other.reset();
  if (other) {
    sink->steps += start - other->end;
    if (IsSpent(text.substr(other->end, start - other->end))) other.reset();
  }
  if (phone && (!other || (phone->end <= start && phone->end > other->end))) {
    if (phone->end > start) return {Said::kPhone, *phone};
    const std::string_view gap = text.substr(phone->end, start - phone->end);
    const bool near = gap.size() <= kMaxNearGap && !HasNumber(gap, 1) &&
                      gap.find_first_of("=_{}<>[]\\|#$%&`^~;@/\n") == std::string_view::npos;
    const bool label = gap.size() <= kMaxLabelGap && (gap.find('\n') == std::string_view::npos || Words(gap) == 0) &&
                       !HasNumber(gap, 1) && (gap.find('.') == std::string_view::npos || Words(gap) < 2) &&
                       IsPhoneNoun(text.substr(phone->start, phone->end - phone->start));
    return {label ? Said::kLabel : Said::kPhone, *phone, near};
  }
  if (other || CountsSomething(text, end)) return {Said::kOther};
  return {};
}

bool IsInSentence(std::string_view text, size_t start, size_t end, uint64_t* steps) {
  const size_t reach = start - std::min(start, kSentenceReachBefore);
  const size_t newline = text.substr(reach, start - reach).rfind('\n');
  const size_t from = newline == std::string_view::npos ? reach : reach + newline + 1;
  const std::string_view before = text.substr(from, start - from);
  std::string_view after = text.substr(end, kSentenceReachAfter);
  after = after.substr(0, after.find('\n'));
  *steps += before.size() + after.size();
  if (from > 0 && IsInSignature(text.substr(reach, start - reach), after)) return true;

  // A space and a word at once before it: no cell of a table, no argument of a call.
  std::string_view head = before;
  if (head.empty()) return false;
  if (head.back() == '(') head.remove_suffix(1);
  if (head.empty() || head.back() != ' ') return false;
  head.remove_suffix(1);
  if (!head.empty() && std::string_view(",:;-").find(head.back()) != std::string_view::npos) head.remove_suffix(1);
  if (head.empty() || !(IsWordByte(head.back()) || head.back() == ' ' || head.back() == '.' || head.back() == ')')) {
    return false;
  }
  const char next = At(after, 0);
  if (next != '\0' && std::string_view(" .,;:!?)").find(next) == std::string_view::npos && next > 0) return false;

  size_t words = 0;
  for (const std::string_view side : {before, after}) {
    if (side.find_first_of("=_{}<>[]\\|\"#$%&*`^~;") != std::string_view::npos) return false;
    if (HasNumber(side, kLongNumberDigits)) return false;
    size_t letters = 0;
    for (size_t i = 0; i < side.size(); ++i) {
      if (side[i] == ':' && IsDigit(At(side, i + 1))) return false;  // A time stamp.
      letters = IsWordByte(side[i]) ? letters + 1 : 0;
      if (letters == 2) ++words;
    }
  }
  return words >= 2;
}

}  // namespace tokenfoundry::pii
