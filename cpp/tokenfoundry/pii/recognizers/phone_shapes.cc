#include <algorithm>

#include "tokenfoundry/pii/recognizers/phone_shapes_internal.h"
#include "tokenfoundry/pii/validators/phone_national.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kMinLabelledDigits = 7;
constexpr size_t kMaxLabelledDigits = 12;
constexpr size_t kMaxTrunkDigits = 13;
constexpr size_t kMaxWithExtension = 15;

// 06.11.2024, 02-12-24 10: two digits, two digits, a year or an hour.
bool IsDate(const PhoneGroups& groups) {
  if (groups.count < 3 || groups.Size(0) != 2 || groups.Size(1) != 2) return false;
  return groups.Size(2) == 4 || (groups.count == 3 && groups.Size(2) == 2);
}

// 92.124.15.15, as machines are addressed.
bool IsAddress(const PhoneGroups& groups) {
  if (groups.count < 4 || groups.digits[0] == '0') return false;
  for (size_t i = 0; i < 4; ++i) {
    const std::string_view octet = groups.Digits(i + 1).substr(groups.totals[i] - groups.Size(i));
    if (octet.size() > 3 || (octet.size() == 3 && octet > "255") || (i < 3 && groups.gaps[i] != PhoneGap::kDot)) {
      return false;
    }
  }
  return true;
}

bool IsYear(std::string_view digits) { return digits.starts_with("19") || digits.starts_with("20"); }

// The sizes of the first groups, as "3-3-4" is written.
template <size_t N>
bool HasSizes(const PhoneGroups& groups, const size_t (&sizes)[N], size_t from = 0) {
  if (groups.count < from + N) return false;
  for (size_t i = 0; i < N; ++i) {
    if (groups.Size(from + i) != sizes[i]) return false;
  }
  return true;
}

// Whether the gaps behind groups [first, last) are the same, and none is one that only follows an area code.
bool AreAlike(const PhoneGroups& groups, size_t first, size_t last) {
  for (size_t i = first; i < last; ++i) {
    if (groups.gaps[i] != groups.gaps[first]) return false;
  }
  return first >= last || groups.gaps[first] == PhoneGap::kSpace || groups.gaps[first] == PhoneGap::kDash ||
         groups.gaps[first] == PhoneGap::kDot;
}

// 333123456: a mobile of the time when they had nine digits.
bool IsOldItalianMobile(const PhoneGroups& groups) {
  return groups.totals[0] == 9 && groups.count == 1 && HasItalianMobilePrefix(groups.Digits(1));
}

// 333 1234567, 333-123-4567, 347 12 34 567: ten digits after the country's groups, the network's three apart.
NationalPhone ItalianMobile(const PhoneGroups& groups, size_t country) {
  if (groups.count <= country) return {};
  if (country == 0 && IsOldItalianMobile(groups)) return {PhoneShape::kBare, 1};
  const size_t before = country == 0 ? 0 : groups.totals[country - 1];
  if (!HasItalianMobilePrefix(groups.Digits(groups.count).substr(before))) return {};
  for (size_t count = country + 1; count <= groups.count && count <= country + 5; ++count) {
    if (groups.totals[count - 1] != before + kItalianMobileDigits) continue;
    if (groups.Size(country) != 3 || !AreAlike(groups, country + 1, count - 1)) {
      return {country == 0 ? PhoneShape::kLoose : PhoneShape::kBare, count};
    }
    return {PhoneShape::kFirm, count};
  }
  return {};
}

// 01 42 68 53 00.
bool IsFrench(const PhoneGroups& groups) {
  return HasSizes(groups, {2, 2, 2, 2, 2}) && AreAlike(groups, 0, 4) && groups.digits[1] != '0';
}

// (00728) 226875, 0012 345678: no area code starts so, but made-up numbers do.
NationalPhone MadeUpTrunk(const PhoneGroups& groups, bool in_parentheses) {
  if (groups.count < 2 || groups.Size(0) < 3 || groups.Size(0) > 5 || groups.Size(1) < 5 || groups.totals[1] > 11) {
    return {};
  }
  return {in_parentheses ? PhoneShape::kLoose : PhoneShape::kBare, 2};
}

// (02) 1234567, 0532 12 34 56, 020 7946 0958, 0171/1234567: the area code, then one group of five digits or more, or
// small groups alike to the end.
NationalPhone Trunk(const PhoneGroups& groups, bool in_parentheses) {
  if (groups.digits[0] != '0' || IsDate(groups)) return {};
  if (groups.digits[1] == '0') return MadeUpTrunk(groups, in_parentheses);
  if (IsFrench(groups)) return {PhoneShape::kFirm, 5};
  const size_t area = groups.Size(0);
  if (groups.count == 1) {
    if (!IsTrunkNumber(groups.Digits(1), 0) || area < 9) return {};
    const bool usual = area <= 11 && (area >= 10 || ItalianAreaCodeSize(groups.Digits(1)) > 0);
    return {usual || IsTrunkMobile(groups.Digits(1)) ? PhoneShape::kLoose : PhoneShape::kBare, 1};
  }
  if (area < 2 || area > 6) return {};
  const bool dotted = groups.gaps[0] == PhoneGap::kDot;
  NationalPhone best;
  for (size_t count = 2; count <= groups.count && groups.totals[count - 1] <= kMaxTrunkDigits; ++count) {
    const size_t last = groups.Size(count - 1);
    if (count == 2 && last >= 5) {
      if (!IsTrunkNumber(groups.Digits(2), area)) continue;
      best = {dotted ? PhoneShape::kLoose : PhoneShape::kFirm, 2};
      // "030 1234567-12": the extension of a German exchange.
      if (groups.count > 2 && groups.gaps[1] == PhoneGap::kDash && groups.Size(2) <= 4 &&
          groups.gaps[0] != PhoneGap::kDash && groups.totals[2] <= kMaxWithExtension) {
        best.groups = 3;
      }
      // "0662 53209 683": an Austrian subscriber in two.
      if (groups.count > 2 && last == 5 && groups.Size(2) == 3 && groups.gaps[1] == PhoneGap::kSpace &&
          IsTrunkNumber(groups.Digits(3), area)) {
        best.groups = 3;
      }
      return best;
    }
    const bool grows = count > 2 && groups.Size(count - 2) == 2 && last > 3;  // 040-30-8836 is no telephone.
    if (last > 5 || last < 2 || grows || !AreAlike(groups, 1, count - 1)) break;
    if (count == 2 || groups.totals[count - 1] < 9 || !IsTrunkNumber(groups.Digits(count), area)) continue;
    // With dots alone it may be a weight, a version, an address of a machine.
    best = {dotted && groups.gaps[1] == PhoneGap::kDot ? PhoneShape::kLoose : PhoneShape::kFirm, count};
  }
  return best;
}

// 555-123-4567, (555) 123-4567, 1-800-555-0199.
NationalPhone NorthAmerican(const PhoneGroups& groups, bool in_parentheses) {
  const size_t from = groups.Size(0) == 1 && groups.digits[0] == '1' ? 1 : 0;
  if (from == 0 && groups.count == 1) {
    const std::string_view digits = groups.Digits(1);
    const bool fits =
        IsNorthAmericanPhone(digits) || (digits.starts_with('1') && IsNorthAmericanPhone(digits.substr(1)));
    return {fits ? PhoneShape::kBare : PhoneShape::kNone, 1};
  }
  if (!HasSizes(groups, {3, 3, 4}, from)) {
    // 555-0199, where the area is understood.
    if (HasSizes(groups, {3, 4}) && groups.gaps[0] == PhoneGap::kDash && groups.digits[0] >= '2' &&
        !IsYear(groups.Digits(2).substr(3))) {
      return {PhoneShape::kBare, 2};
    }
    // 555 1234567, (555) 1234567.
    if (!HasSizes(groups, {3, 7}, from) || !IsNorthAmericanPhone(groups.Digits(from + 2).substr(from))) return {};
    return {in_parentheses ? PhoneShape::kLoose : PhoneShape::kBare, from + 2};
  }
  const std::string_view digits = groups.Digits(from + 3).substr(from);
  if (digits[0] < '2') return {};
  const PhoneGap last = groups.gaps[from + 1];
  if (last != PhoneGap::kDash && last != PhoneGap::kDot && last != PhoneGap::kSpace) return {};
  const PhoneGap first = groups.gaps[from];
  const bool alike = first == last;
  if (!alike && first != PhoneGap::kClose && first != PhoneGap::kSpace && first != PhoneGap::kSlash) return {};
  if (!IsNorthAmericanPhone(digits)) return {in_parentheses ? PhoneShape::kLoose : PhoneShape::kBare, from + 3};
  // Columns of numbers have spaces too.
  return {alike && last == PhoneGap::kSpace ? PhoneShape::kLoose : PhoneShape::kFirm, from + 3};
}

// 612 345 678, 612 34 56 78, 91 123 45 67, 612-345-678; in Portugal 912 345 678.
NationalPhone Iberian(const PhoneGroups& groups) {
  if (groups.count == 1) {
    const std::string_view digits = groups.Digits(1);
    return {IsSpanishPhone(digits) || IsPortuguesePhone(digits) ? PhoneShape::kBare : PhoneShape::kNone, 1};
  }
  const auto fits = [&](size_t count) {
    return groups.count >= count && IsSpanishPhone(groups.Digits(count)) && AreAlike(groups, 0, count - 1);
  };
  const bool dotted = groups.gaps[0] == PhoneGap::kDot;
  if ((HasSizes(groups, {3, 2, 2, 2}) || HasSizes(groups, {2, 3, 2, 2})) && fits(4)) {
    return {dotted ? PhoneShape::kBare : PhoneShape::kFirm, 4};  // With dots it may be the address of a machine.
  }
  if (HasSizes(groups, {3, 3, 3}) && AreAlike(groups, 0, 2)) {
    const std::string_view digits = groups.Digits(3);
    // A price has dots, and the middle of a big number is not round.
    const bool mobile = IsSpanishPhone(digits) || (IsPortuguesePhone(digits) && digits[0] == '9');
    if (mobile) return {dotted ? PhoneShape::kBare : PhoneShape::kLoose, 3};
    if (IsPortuguesePhone(digits)) return {PhoneShape::kBare, 3};
  }
  if (HasSizes(groups, {3, 6}) && fits(2)) {
    return {groups.digits[0] == '6' && !dotted ? PhoneShape::kLoose : PhoneShape::kBare, 2};
  }
  if (HasSizes(groups, {2, 7}) && fits(2)) return {PhoneShape::kBare, 2};
  if (HasSizes(groups, {2, 3, 4}) && IsPortuguesePhone(groups.Digits(3)) && AreAlike(groups, 0, 2)) {
    return {PhoneShape::kBare, 3};
  }
  return {};
}

// 800 123456, 800 12 34 56.
NationalPhone ItalianService(const PhoneGroups& groups) {
  if (groups.count == 1) return {IsItalianService(groups.Digits(1)) ? PhoneShape::kBare : PhoneShape::kNone, 1};
  if (groups.Size(0) != 3) return {};
  for (const size_t count : {size_t{2}, size_t{3}, size_t{4}}) {
    if (groups.count < count || groups.totals[count - 1] != 9 || !IsItalianService(groups.Digits(count))) continue;
    if (!AreAlike(groups, 0, count - 1)) continue;
    const bool toll_free = groups.digits[0] == '8' && groups.digits[1] == '0' && groups.digits[2] == '0';
    return {toll_free && groups.gaps[0] != PhoneGap::kDot ? PhoneShape::kLoose : PhoneShape::kBare, count};
  }
  return {};
}

// Whether `national` starts as the country's mobiles do.
bool IsMobileAbroad(std::string_view country_code, std::string_view national) {
  if (country_code == "44") return national[0] == '7';
  if (country_code == "33" || country_code == "34") return national[0] == '6' || national[0] == '7';
  return country_code == "49" && national[0] == '1' && national[1] >= '5' && national[1] <= '7';
}

// 39 333 1234567, (351) 912 345 678, 393331234567: a European number without its plus sign.
NationalPhone WithoutPlus(const PhoneGroups& groups, bool in_parentheses) {
  constexpr std::string_view kCountryCodes[] = {"39", "33", "34", "49", "44", "41", "43", "32", "31", "351"};
  const std::string_view all = groups.Digits(groups.count);
  for (const std::string_view code : kCountryCodes) {
    if (!all.starts_with(code)) continue;
    if (groups.Size(0) == code.size()) {
      if (code == "39") {
        if (const NationalPhone mobile = ItalianMobile(groups, 1); mobile.groups > 0) return mobile;
      }
      for (size_t count = groups.count; count > 1; --count) {
        const std::string_view digits = groups.Digits(count);
        if (digits.size() < 10 || digits.size() > 13 || !IsInternationalPhone(digits)) continue;
        const bool closed = in_parentheses && groups.gaps[0] == PhoneGap::kClose;
        const bool mobile = IsMobileAbroad(code, digits.substr(code.size()));
        return {closed ? PhoneShape::kFirm : mobile ? PhoneShape::kLoose : PhoneShape::kBare, count};
      }
    }
    const std::string_view digits = groups.Digits(1);
    if (digits.size() >= 11 && digits.size() <= 13 && IsInternationalPhone(digits)) return {PhoneShape::kBare, 1};
  }
  return {};
}

// Any groups of a number's length: 512 345 678, 555-1234.
NationalPhone Labelled(const PhoneGroups& groups) {
  if (IsDate(groups) || groups.goes_on) return {};
  if (groups.count == 2 && groups.Size(1) == 4 && groups.gaps[0] == PhoneGap::kSlash) return {};  // 0217/2022
  const size_t total = groups.totals[groups.count - 1];
  if (total < kMinLabelledDigits || total > kMaxLabelledDigits) return {};
  for (size_t i = 1; i < groups.count; ++i) {
    if (groups.Size(i) < 2 || groups.Size(i) > 8) return {};
  }
  return {PhoneShape::kLabelled, groups.count};
}

}  // namespace

NationalPhone ReadNationalPhone(const PhoneGroups& groups, bool in_parentheses) {
  NationalPhone best;
  if (IsAddress(groups)) return best;
  for (const NationalPhone& reading :
       {Trunk(groups, in_parentheses), ItalianMobile(groups, 0), NorthAmerican(groups, in_parentheses), Iberian(groups),
        ItalianService(groups), WithoutPlus(groups, in_parentheses), Labelled(groups)}) {
    if (reading.shape > best.shape || (reading.shape == best.shape && reading.groups > best.groups)) best = reading;
  }
  return best.shape == PhoneShape::kNone ? NationalPhone{} : best;
}

}  // namespace tokenfoundry::pii
