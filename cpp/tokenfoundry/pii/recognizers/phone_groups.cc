#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizers/phone_groups_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kMaxExtensionDigits = 5;

PhoneGap GapOf(std::string_view text, size_t at) {
  const char c = text[at];
  if (c == '.') return PhoneGap::kDot;
  if (c == '-') return PhoneGap::kDash;
  if (c == ' ' || c == '\xC2') return PhoneGap::kSpace;
  const auto last = static_cast<unsigned char>(At(text, at + 2));  // E2 80 91 and 93 are dashes, 87 and AF spaces.
  return last == 0x91 || last == 0x93 ? PhoneGap::kDash : PhoneGap::kSpace;
}

}  // namespace

size_t PhoneGapSize(std::string_view text, size_t at, PhoneGap* gap) {
  *gap = PhoneGap::kNone;
  size_t end = at;
  PhoneGap found = PhoneGap::kNone;
  if (At(text, end) == ')') {
    found = PhoneGap::kClose;
    ++end;
    end += At(text, end) == '/' ? 1 : SeparatorSize(text, end);
  } else if (At(text, end) == '/') {
    found = PhoneGap::kSlash;
    end += At(text, end + 1) == ' ' ? 2 : 1;
  } else if (const size_t separator = SeparatorSize(text, end)) {
    found = GapOf(text, end);
    end += separator;
    if (found == PhoneGap::kSpace) {
      const size_t middle = At(text, end) == '/' ? 1 : SeparatorSize(text, end);
      if (middle > 0 && At(text, end) != '.' && At(text, end + middle) == ' ') {
        found = PhoneGap::kWide;
        end += middle + 1;
      }
    }
  }
  if (At(text, end) == '(') {
    found = PhoneGap::kOpen;
    ++end;
  }
  if (!IsDigit(At(text, end))) return 0;
  *gap = found;
  return end - at;
}

PhoneGroups ReadPhoneGroups(std::string_view text, size_t start, uint64_t* steps) {
  PhoneGroups groups;
  size_t total = 0;
  for (size_t at = start; groups.count < PhoneGroups::kMaxGroups;) {
    size_t end = at;
    for (; IsDigit(At(text, end)) && total < groups.digits.size(); ++end) {
      ++*steps;
      groups.digits[total++] = text[end];
    }
    if (IsDigit(At(text, end))) {
      groups.goes_on = true;
      return groups;
    }
    // "12a" is a word, not a group; but an extension may follow at once.
    if (IsLetter(At(text, end)) && WithExtension(text, end, steps) == end) return groups;
    // The trunk prefix of "+44 (0)20" is not dialled from abroad: it is inside the number but not among its digits. In
    // Italy it is dialled.
    const bool trunk_prefix = end - at == 1 && text[at] == '0' && Before(text, at) == '(' && At(text, end) == ')';
    if (trunk_prefix && !std::string_view(groups.digits.data(), total - 1).ends_with("39")) --total;
    groups.totals[groups.count] = total;
    groups.ends[groups.count] = end;
    const size_t gap = PhoneGapSize(text, end, &groups.gaps[groups.count++]);
    if (gap == 0) return groups;
    at = end + gap;
  }
  groups.goes_on = true;
  return groups;
}

size_t WithExtension(std::string_view text, size_t end, uint64_t* steps) {
  constexpr std::string_view kWords[] = {"extension", "ext.", "ext",   "interno",   "int.",
                                         "int",       "x",    "poste", "durchwahl", "dw"};
  size_t at = end;
  if (At(text, at) == ' ') ++at;
  *steps += 1;
  if (!IsLetter(At(text, at))) return end;
  for (const std::string_view word : kWords) {
    const bool fits = text.size() - at > word.size() &&
                      std::equal(word.begin(), word.end(), text.begin() + static_cast<std::ptrdiff_t>(at),
                                 [](char expected, char c) { return expected == ToLower(c); });
    if (!fits) continue;
    size_t first = at + word.size();
    if (word != "x" && At(text, first) == ' ') ++first;
    size_t last = first;
    while (last - first <= kMaxExtensionDigits && IsDigit(At(text, last))) ++last;
    if (last > first && last - first <= kMaxExtensionDigits && !IsAlnum(At(text, last))) return last;
  }
  return end;
}

}  // namespace tokenfoundry::pii
