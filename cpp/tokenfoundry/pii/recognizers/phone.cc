// The anchor is the first digit of a run. A plus sign before it, or 00, and an assigned country with that length is a
// telephone number; a national form is one by its grouping, the words beside it, or both.
#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/catalogue_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"
#include "tokenfoundry/pii/recognizers/phone_context_internal.h"
#include "tokenfoundry/pii/recognizers/phone_groups_internal.h"
#include "tokenfoundry/pii/recognizers/phone_shapes_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr double kFirmScore = 0.75;
constexpr double kLooseScore = 0.6;
constexpr size_t kMaxFirstGroup = 15;

// Whether what starts at `start` only continues something before it: 0.123, 12 345, 1/2, a_1, $1.
bool IsJoinedBefore(std::string_view text, size_t start) {
  const char before = Before(text, start);
  if (IsAlnum(before) || std::string_view("_#$+@&%\\").find(before) != std::string_view::npos) return before != '\0';
  const char second = Before(text, start, 2);
  if (before == '/' || before == '-') return IsAlnum(second) || second == '_' || second == ')' || second == '/';
  if (before == ',' || before == ':') return IsDigit(second);
  const size_t separator = SeparatorSizeBefore(text, start);
  return separator > 0 && IsDigit(Before(text, start, separator + 1));
}

bool IsJoinedAfter(std::string_view text, size_t end) {
  const char after = At(text, end);
  if (IsAlnum(after) || after == '_' || after == '@' || after == '%') return true;
  if (after == '-') return IsAlnum(At(text, end + 1));
  return std::string_view(".,/:").find(after) != std::string_view::npos && after != '\0' && IsDigit(At(text, end + 1));
}

// Groups, from the first, that make up a number in E.164 form after `prefix` digits; 0 if none do. The longest wins,
// but a long last group is the end: "+49 30 1234567 12".
size_t InternationalGroups(const PhoneGroups& groups, size_t prefix) {
  constexpr size_t kLongGroup = 6;
  size_t longest = 0;
  if (groups.gaps[0] == PhoneGap::kDot && groups.Size(0) > prefix + 3) return 0;  // +35236450.6
  for (size_t count = 1; count <= groups.count; ++count) {
    const std::string_view digits = groups.Digits(count);
    if (digits.size() <= prefix || !IsInternationalPhone(digits.substr(prefix))) continue;
    longest = count;
    if (count > 1 && groups.Size(count - 1) >= kLongGroup && groups.gaps[count - 1] != PhoneGap::kDash) break;
    if (groups.gaps[count - 1] == PhoneGap::kWide || groups.gaps[count - 1] == PhoneGap::kSlash) break;
  }
  return longest;
}

// The same for 0039..., 00 44 ...
size_t ZeroZeroGroups(const PhoneGroups& groups) {
  constexpr size_t kMinNationalDigits = 7;
  const std::string_view all = groups.Digits(groups.count);
  const size_t code = all.size() > 2 ? CountryCodeSize(all.substr(2)) : 0;
  if (code == 0 || groups.gaps[0] == PhoneGap::kSlash) return 0;
  if (groups.Size(0) != 2 && groups.Size(0) < 2 + code) return 0;  // A country's code is not cut in two.
  const size_t count = InternationalGroups(groups, 2);
  if (count > 0 && groups.totals[count - 1] < 2 + code + kMinNationalDigits) return 0;
  return count;
}

// Groups of a number behind a plus sign whose country is assigned though its length is not: people mistype, and made-up
// numbers are random. 0 if there are too few or too many digits.
size_t MistypedGroups(const PhoneGroups& groups) {
  constexpr size_t kMinDigits = 8;
  size_t count = 1;
  while (count < groups.count && groups.gaps[count - 1] != PhoneGap::kWide &&
         groups.gaps[count - 1] != PhoneGap::kSlash) {
    ++count;
  }
  const std::string_view digits = groups.Digits(count);
  if (groups.goes_on || digits.size() < kMinDigits || digits.size() > kMaxPhoneDigits) return 0;
  return CountryCodeSize(digits) > 0 ? count : 0;
}

// Whether a run of digits of that length and start can begin a national number; most cannot.
bool CanStart(std::string_view text, size_t start, size_t size) {
  const char first = text[start];
  const char second = At(text, start + 1);
  if (size == 1) return first == '1' && At(text, start + 1) != '.' && At(text, start + 1) != ',';
  if (size == 2) return first == '0' || first == '9' || first == '8' || first == '3' || first == '4';
  if (size == 3) return first != '1';
  if (size <= 6) return first == '0' && second != '0';
  return size <= 13;
}

// Whether the number that ends with `groups` is followed by digits that make it part of something longer. Another
// number may follow: "333 1234567 347 7654321".
bool RunsOn(std::string_view text, const PhoneGroups& groups, size_t count) {
  const PhoneGap gap = groups.gaps[count - 1];
  if (gap == PhoneGap::kNone) return groups.goes_on && count == groups.count;
  if (gap == PhoneGap::kDash || gap == PhoneGap::kDot) return true;
  if (gap != PhoneGap::kSpace) return false;
  PhoneGap unused;
  const size_t next = groups.ends[count - 1] + PhoneGapSize(text, groups.ends[count - 1], &unused);
  if (text[next] == '0') return At(text, next + 1) == '0';
  return count == groups.count || text[next] != '3' || groups.Size(count) != 3;
}

// 0123456789, 1234567890: an example of digits.
bool IsCounting(std::string_view digits) {
  for (size_t i = 1; i < digits.size(); ++i) {
    if ((digits[i] - digits[i - 1] + 10) % 10 != 1) return false;
  }
  return true;
}

// A cell of a table of numbers: a tab or several spaces before it, and a digit before those.
bool IsInColumn(std::string_view text, size_t start) {
  constexpr size_t kMaxSpaces = 12;
  size_t at = start;
  while (at > 0 && start - at <= kMaxSpaces && (text[at - 1] == ' ' || text[at - 1] == '\t')) --at;
  return (start - at > 1 || Before(text, start) == '\t') && IsDigit(Before(text, at));
}

// An opening parenthesis belongs to the number if its closing one does: "(02) 1234567".
size_t WithParenthesis(std::string_view text, size_t start, size_t end) {
  if (Before(text, start) != '(') return start;
  const std::string_view inside = text.substr(start, end - start);
  const size_t close = inside.find(')');
  return close != std::string_view::npos && inside.find('(') > close ? start - 1 : start;
}

// What the finders share.
struct Reading {
  std::string_view text;
  size_t last_end;  // Of the number before, or 0.
  Sink* sink;
};

void Report(size_t start, size_t end, PhoneContext context, double alone, Sink* sink) {
  using Said = PhoneContext::Said;
  const bool in_context = context.said == Said::kPhone || context.said == Said::kLabel;
  const double score = in_context ? SpecOf(Entity::kPhoneNumber).scores.in_context : alone;
  sink->Add(Entity::kPhoneNumber, start, end, in_context ? Evidence::kContext : Evidence::kPattern, score, context.cue);
}

// Reports the number of the first `count` groups that starts at `start`, its plus sign included. Returns its end, or 0.
size_t FindInternational(const Reading& reading, size_t start, const PhoneGroups& groups, size_t count) {
  const std::string_view text = reading.text;
  Sink* const sink = reading.sink;
  if (count == 0) return 0;
  const size_t end = WithExtension(text, groups.ends[count - 1], &sink->steps);
  start = WithParenthesis(text, start, end);
  const PhoneContext context = ReadPhoneContext(text, start, end, reading.last_end, false, sink);
  const bool plus = text[start] == '+' || At(text, start + 1) == '+';
  if (!plus && context.said == PhoneContext::Said::kOther) return 0;
  // Without any gap it could be a padded serial number: there it is Italian, or the words around it must speak for it.
  const bool padded = !plus && count == 1 && std::string_view(&groups.digits[2], 2) != "39";
  if (padded && context.said == PhoneContext::Said::kNothing && !IsInSentence(text, start, end, &sink->steps)) return 0;
  Report(start, end, context, padded ? kLooseScore : kFirmScore, sink);
  return end;
}

// Reports the number behind the plus sign at `start`. Returns its end, or that of the digits that are none.
size_t FindPlus(const Reading& reading, size_t start, const PhoneGroups& groups) {
  if (const size_t end = FindInternational(reading, start, groups, InternationalGroups(groups, 0))) return end;
  const std::string_view text = reading.text;
  Sink* const sink = reading.sink;
  const size_t mistyped = MistypedGroups(groups);
  if (mistyped == 0) return groups.ends[0];
  const size_t end = groups.ends[mistyped - 1];
  const PhoneContext context = ReadPhoneContext(text, start, end, reading.last_end, false, sink);
  using Said = PhoneContext::Said;
  if (context.said != Said::kPhone && context.said != Said::kLabel) return end;
  start = WithParenthesis(text, start, end);
  Report(start, end, context, kLooseScore, sink);
  return end;
}

// Whether the telephone word speaks of this number: digits without a gap need it close, or a sentence around both.
bool SpeaksOf(const PhoneContext& context, const NationalPhone& phone) {
  if (context.said == PhoneContext::Said::kLabel) return true;
  return context.said == PhoneContext::Said::kPhone && (phone.groups > 1 || context.near);
}

size_t FindNational(const Reading& reading, size_t first, const PhoneGroups& groups) {
  const std::string_view text = reading.text;
  Sink* const sink = reading.sink;
  using Said = PhoneContext::Said;
  const bool in_parentheses = Before(text, first) == '(' && groups.gaps[0] == PhoneGap::kClose;
  const NationalPhone phone = ReadNationalPhone(groups, in_parentheses);
  if (phone.groups == 0) return 0;
  const size_t end = WithExtension(text, groups.ends[phone.groups - 1], &sink->steps);
  const bool extended = end != groups.ends[phone.groups - 1];
  const bool runs_on = !extended && RunsOn(text, groups, phone.groups);
  const size_t start = WithParenthesis(text, first, end);
  const bool only_label = runs_on || phone.shape == PhoneShape::kLabelled;
  const PhoneContext context = ReadPhoneContext(text, start, end, reading.last_end, only_label, sink);
  if (context.said == Said::kOther) return 0;
  const bool ends_cell = context.in_table && At(text, end) == ',';
  if (!extended && !ends_cell && groups.gaps[phone.groups - 1] == PhoneGap::kNone && IsJoinedAfter(text, end)) return 0;
  const bool spoken = context.said == Said::kPhone || context.said == Said::kLabel;
  const PhoneGap next = groups.gaps[phone.groups - 1];
  if (runs_on && (context.said != Said::kLabel || next == PhoneGap::kDot || next == PhoneGap::kDash)) return 0;
  if (phone.groups == 1 && context.said != Said::kLabel && IsCounting(groups.Digits(1))) return 0;
  switch (phone.shape) {
    case PhoneShape::kFirm:
      if (!spoken && IsInColumn(text, start)) return 0;
      break;
    case PhoneShape::kLoose:
      if (!SpeaksOf(context, phone) && !IsInSentence(text, start, end, &sink->steps)) return 0;
      break;
    case PhoneShape::kBare:
      if (!spoken) return 0;
      if (!SpeaksOf(context, phone) && !IsInSentence(text, start, end, &sink->steps)) return 0;
      break;
    default:
      if (context.said != Said::kLabel) return 0;
  }
  Report(start, end, context, phone.shape == PhoneShape::kFirm ? kFirmScore : kLooseScore, sink);
  return end;
}

void FindPhones(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  size_t last_end = 0;  // Of the number found before: another may follow it after one gap.
  for (const uint32_t anchor_end : anchor_ends) {
    ++sink->steps;
    const size_t first = anchor_end - 1;
    if (first < last_end) continue;
    const bool plus = Before(text, first) == '+' || (Before(text, first) == '(' && Before(text, first, 2) == '+');
    if (plus) {
      const size_t start = first - (Before(text, first) == '+' ? 1 : 2);
      if (IsDigit(Before(text, start))) continue;
      const PhoneGroups groups = ReadPhoneGroups(text, first, &sink->steps);
      if (groups.count == 0) continue;
      last_end = std::max(last_end, FindPlus({text, last_end, sink}, start, groups));
      continue;
    }
    size_t size = 1;
    while (size <= kMaxFirstGroup && IsDigit(At(text, first + size))) ++size;
    sink->steps += size;
    const bool zero_zero = text[first] == '0' && At(text, first + 1) == '0';
    if (size > kMaxFirstGroup || !(zero_zero || CanStart(text, first, size))) continue;
    if (size <= 6) {  // Too short without more groups.
      PhoneGap gap;
      if (PhoneGapSize(text, first + size, &gap) == 0) continue;
    }
    PhoneGap gap;
    const bool follows_a_phone = last_end > 0 && last_end + PhoneGapSize(text, last_end, &gap) == first;
    Extent heading;
    const bool in_cell = Before(text, first) == ',' && IsDigit(Before(text, first, 2)) &&
                         ReadPhoneColumn(text, first, first, sink, &heading) == PhoneColumn::kPhone;
    if (!follows_a_phone && !in_cell && IsJoinedBefore(text, first)) continue;
    const PhoneGroups groups = ReadPhoneGroups(text, first, &sink->steps);
    if (groups.count == 0) continue;
    const Reading reading = {text, last_end, sink};
    size_t end = zero_zero ? FindInternational(reading, first, groups, ZeroZeroGroups(groups)) : 0;
    if (end == 0) end = FindNational(reading, first, groups);
    last_end = std::max(last_end, end);
  }
}

}  // namespace

const Recognizer kPhoneRecognizer = {DigitRunAnchor, false, FindPhones, nullptr, SeekDigitRuns};

}  // namespace tokenfoundry::pii
