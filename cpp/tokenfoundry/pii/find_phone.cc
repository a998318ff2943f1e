// The anchor is "+" and a digit, or a group of digits that starts with 0 or 3: the international forms (+39, 0039) and
// the Italian national ones. A plus sign proves itself; a national form needs separators where people put them and no
// word that says it is something else; bare digits need a word that says telephone.
#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/finders_internal.h"
#include "tokenfoundry/pii/phone_cues_internal.h"
#include "tokenfoundry/pii/validators/phone.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kMaxGroups = 8;

// Bytes between two groups of one number at `at`, or 0: one separator, a slash, or the parentheses around a group.
size_t GapSize(std::string_view text, size_t at) {
  size_t end = at;
  if (At(text, end) == ')') {
    ++end;
    end += SeparatorSize(text, end);
  } else {
    end += At(text, end) == '/' ? 1 : SeparatorSize(text, end);
    if (At(text, end) == '(') ++end;
  }
  return IsDigit(At(text, end)) ? end - at : 0;
}

// The groups of digits from `start` on, as far as one telephone number can reach.
struct Groups {
  char digits[kMaxPhoneDigits + 2];  // Two more for the 00 of the international form.
  size_t count = 0;                  // Groups.
  size_t totals[kMaxGroups];         // Digits up to and with each group.
  size_t ends[kMaxGroups];           // Byte where each ends.
  bool goes_on = false;              // More digits follow than one number has.

  std::string_view Digits(size_t groups) const { return {digits, totals[groups - 1]}; }
  size_t Size(size_t group) const { return totals[group] - (group == 0 ? 0 : totals[group - 1]); }
};

Groups Parse(std::string_view text, size_t start, uint64_t* steps) {
  Groups groups;
  size_t total = 0;
  for (size_t at = start; groups.count < kMaxGroups;) {
    size_t end = at;
    for (; IsDigit(At(text, end)) && total < sizeof(groups.digits); ++end) {
      ++*steps;
      groups.digits[total++] = text[end];
    }
    if (IsDigit(At(text, end))) {
      groups.goes_on = true;
      return groups;
    }
    if (IsLetter(At(text, end))) return groups;  // "12a" is a word, not a group.
    // The trunk prefix of "+44 (0)20" is not dialled from abroad: it is inside the number but not among its digits.
    if (end - at == 1 && text[at] == '0' && Before(text, at) == '(' && text.substr(end).starts_with(')')) --total;
    groups.totals[groups.count] = total;
    groups.ends[groups.count++] = end;
    const size_t gap = GapSize(text, end);
    if (gap == 0) return groups;
    at = end + gap;
  }
  groups.goes_on = true;
  return groups;
}

// Whether the group at `start` only continues a number that began before it.
bool IsJoinedBefore(std::string_view text, size_t start) {
  const char before = Before(text, start);
  if (before == '+' || before == '#' || before == '$') return true;
  if (before == '/' || before == ',' || before == ':') return IsDigit(Before(text, start, 2));
  const size_t separator = SeparatorSizeBefore(text, start);
  return separator > 0 && IsDigit(Before(text, start, separator + 1));
}

// Groups, from the first, that make up a number in E.164 form after `prefix` digits; 0 if none do. The longest wins.
size_t InternationalGroups(const Groups& groups, size_t prefix) {
  for (size_t count = groups.count; count > 0; --count) {
    const std::string_view digits = groups.Digits(count);
    if (digits.size() > prefix && IsInternationalPhone(digits.substr(prefix))) return count;
  }
  return 0;
}

// 0039..., 00 44 ...: without any gap it could be a padded serial number, so there it must be Italian.
size_t ZeroZeroGroups(const Groups& groups) {
  if (groups.count == 0 || groups.digits[0] != '0' || groups.digits[1] != '0') return 0;
  const size_t count = InternationalGroups(groups, 2);
  if (count == 1 && std::string_view(groups.digits + 2, 2) != "39") return 0;
  return count;
}

bool IsDate(const Groups& groups) {
  return groups.count >= 3 && groups.Size(0) == 2 && groups.Size(1) == 2 && groups.Size(2) == 4;
}

// 333 1234567 in any grouping that starts with the network's three digits.
size_t MobileGroups(const Groups& groups, size_t country_groups) {
  if (groups.count <= country_groups) return 0;
  const size_t country_digits = country_groups == 0 ? 0 : groups.totals[country_groups - 1];
  if (!HasItalianMobilePrefix(groups.Digits(groups.count).substr(country_digits))) return 0;
  for (size_t count = country_groups + 1; count <= groups.count; ++count) {
    if (groups.totals[count - 1] == country_digits + kItalianMobileDigits) return count;
  }
  return 0;
}

// 02 1234567, 0532 12 34 56: the area code alone, then one group of five digits or more, or small groups to the end.
size_t LandlineGroups(const Groups& groups) {
  const std::string_view digits = groups.Digits(groups.count);
  const size_t area = ItalianAreaCodeSize(digits);
  if (area == 0 || groups.Size(0) != area || groups.count < 2 || IsDate(groups)) return 0;
  const size_t total = groups.totals[1];
  if (groups.Size(1) >= 5) return total >= 8 && total <= 11 ? 2 : 0;
  return !groups.goes_on && digits.size() >= 9 && digits.size() <= 11 ? groups.count : 0;
}

// 3331234567 or 021234567, one group.
bool IsBareNational(std::string_view digits) {
  if (HasItalianMobilePrefix(digits)) return digits.size() == kItalianMobileDigits;
  return ItalianAreaCodeSize(digits) > 0 && digits.size() >= 9 && digits.size() <= 11;
}

size_t NationalGroups(std::string_view text, size_t start, const Groups& groups, uint64_t* steps) {
  const size_t country = groups.Size(0) == 2 && groups.Digits(1) == "39" ? 1 : 0;  // "39 333 1234567".
  if (const size_t mobile = MobileGroups(groups, country)) {
    const bool spaced = mobile - country > 1 && groups.Size(country) == 3;
    const Cue cue = CueBefore(text, start, steps);
    return cue == Cue::kPhone || (spaced && cue == Cue::kNone) ? mobile : 0;
  }
  if (const size_t landline = LandlineGroups(groups))
    return CueBefore(text, start, steps) == Cue::kOther ? 0 : landline;
  return IsBareNational(groups.Digits(1)) && CueBefore(text, start, steps) == Cue::kPhone ? 1 : 0;
}

// An opening parenthesis belongs to the number if its closing one does: "(02) 1234567".
size_t WithParenthesis(std::string_view text, size_t start, size_t end) {
  if (Before(text, start) != '(') return start;
  const std::string_view inside = text.substr(start, end - start);
  const size_t close = inside.find(')');
  return close != std::string_view::npos && inside.find('(') > close ? start - 1 : start;
}

}  // namespace

void FindPhones(std::string_view text, std::span<const uint32_t> anchor_ends, Extents* out) {
  size_t last_end = 0;  // Of the number found before: another may follow it after one gap.
  for (const uint32_t anchor_end : anchor_ends) {
    ++out->steps;
    const size_t anchor = anchor_end - 2;
    if (anchor < last_end) continue;
    const bool plus = text[anchor] == '+';
    const bool follows_a_phone = last_end > 0 && last_end + GapSize(text, last_end) == anchor;
    if (plus ? IsDigit(Before(text, anchor)) : IsJoinedBefore(text, anchor) && !follows_a_phone) continue;

    const Groups groups = Parse(text, plus ? anchor + 1 : anchor, &out->steps);
    if (groups.count == 0) continue;
    size_t count = plus ? InternationalGroups(groups, 0) : ZeroZeroGroups(groups);
    if (count == 0 && !plus) count = NationalGroups(text, anchor, groups, &out->steps);
    if (count == 0) continue;
    last_end = groups.ends[count - 1];
    const size_t start = WithParenthesis(text, anchor, last_end);
    out->found.push_back({static_cast<uint32_t>(start), static_cast<uint32_t>(last_end)});
  }
}

}  // namespace tokenfoundry::pii
