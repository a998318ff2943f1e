#include "tokenfoundry/pii/validators/phone_national.h"

#include <algorithm>
#include <array>

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {
namespace {

// Italian area codes: those of two and three digits, and behind each other three the fourth digits in use.
struct ItalianArea {
  std::string_view code;
  std::string_view fourth;  // Empty where the code ends before it.
};
constexpr ItalianArea kItalianAreas[] = {
    {"02", ""},          {"06", ""},          {"010", ""},         {"011", ""},       {"012", "12345"},
    {"013", "1"},        {"014", "1234"},     {"015", ""},         {"016", "1356"},   {"017", "12345"},
    {"018", "234567"},   {"019", ""},         {"030", ""},         {"031", ""},       {"032", "1234"},
    {"033", "12"},       {"034", "123456"},   {"035", ""},         {"036", "2345"},   {"037", "1234567"},
    {"038", "123456"},   {"039", ""},         {"040", ""},         {"041", ""},       {"042", "1234569"},
    {"043", "12345679"}, {"044", "245"},      {"045", ""},         {"046", "12345"},  {"047", "1234"},
    {"048", "1"},        {"049", ""},         {"050", ""},         {"051", ""},       {"052", "12345"},
    {"053", "23456"},    {"054", "12345679"}, {"055", ""},         {"056", "456"},    {"057", "1234578"},
    {"058", "345678"},   {"059", ""},         {"070", ""},         {"071", ""},       {"072", "12"},
    {"073", "1234567"},  {"074", "2346"},     {"075", ""},         {"076", "13456"},  {"077", "13456"},
    {"078", "1234589"},  {"079", ""},         {"080", ""},         {"081", ""},       {"082", "34578"},
    {"083", "123456"},   {"085", ""},         {"086", "12345"},    {"087", "12345"},  {"088", "12345"},
    {"089", ""},         {"090", ""},         {"091", ""},         {"092", "12345"},  {"093", "12345"},
    {"094", "12"},       {"095", ""},         {"096", "12345678"}, {"097", "123456"}, {"098", "12345"},
    {"099", ""},
};

// Digits of each area code by its three digits as a number; 4 for those whose fourth digit counts.
constexpr std::array<uint8_t, 100> ReadAreaSizes() {
  std::array<uint8_t, 100> sizes = {};
  for (const ItalianArea& area : kItalianAreas) {
    if (area.code.size() == 2) {
      for (size_t third = 0; third < 10; ++third) sizes[static_cast<size_t>(Value(area.code[1])) * 10 + third] = 2;
    } else {
      sizes[static_cast<size_t>(Number(area.code))] = area.fourth.empty() ? 3 : 4;
    }
  }
  return sizes;
}
constexpr std::array<uint8_t, 100> kAreaSizes = ReadAreaSizes();

// One way to write a trunk 0 and what follows: the digits that may stand behind the 0, how many are the area code, and
// how many there are in all, the 0 included.
struct TrunkPlan {
  std::string_view second;
  size_t min_area;
  size_t max_area;
  size_t min_digits;
  size_t max_digits;
};
constexpr TrunkPlan kTrunkPlans[] = {
    {"123456789", 2, 2, 10, 10},  // France, Dutch mobiles.
    {"123456789", 3, 4, 10, 10},  // Switzerland, the Netherlands, Belgian mobiles.
    {"2349", 2, 2, 9, 9},         // Belgium.
    {"15678", 3, 3, 9, 9},        // Belgium.
    {"2", 3, 3, 11, 11},          // United Kingdom: 020, 023, 024, 028, 029.
    {"135789", 4, 5, 10, 11},     // United Kingdom: 0121, 01223, 0300, 07700, 0800.
    {"1", 4, 5, 11, 12},          // Germany: mobiles, 0151 to 0179.
    {"23456789", 3, 6, 9, 12},    // Germany: 030, 0221, 03681, 033203.
    {"8", 4, 4, 10, 12},          // Germany: 0800.
    {"1", 2, 2, 8, 12},           // Austria: Vienna.
    {"234567", 4, 5, 9, 14},      // Austria: other places and mobiles.
};

}  // namespace

bool HasItalianMobilePrefix(std::string_view digits) {
  return digits.size() >= 3 && digits[0] == '3' && digits[1] != '0';
}

size_t ItalianAreaCodeSize(std::string_view digits) {
  if (digits.size() < 4 || digits[0] != '0') return 0;
  const size_t size = kAreaSizes[static_cast<size_t>(Number(digits.substr(0, 3)))];
  if (size < 4) return size;
  const auto* area = std::find_if(std::begin(kItalianAreas), std::end(kItalianAreas),
                                  [&](const ItalianArea& a) { return a.code == digits.substr(0, 3); });
  return area->fourth.find(digits[3]) == std::string_view::npos ? 0 : 4;
}

bool IsItalianService(std::string_view digits) {
  constexpr std::string_view kPrefixes[] = {"800", "803", "840", "841", "847", "848", "199", "892", "899", "178"};
  return digits.size() >= 6 && digits.size() <= 10 &&
         std::find(std::begin(kPrefixes), std::end(kPrefixes), digits.substr(0, 3)) != std::end(kPrefixes);
}

bool IsTrunkNumber(std::string_view digits, size_t area) {
  if (digits.size() < 8 || digits[0] != '0' || digits[1] == '0') return false;
  const size_t italian = ItalianAreaCodeSize(digits);
  if (italian > 0 && (area == 0 || area == italian) && digits.size() <= 11) return true;
  return std::any_of(std::begin(kTrunkPlans), std::end(kTrunkPlans), [&](const TrunkPlan& plan) {
    return plan.second.find(digits[1]) != std::string_view::npos && digits.size() >= plan.min_digits &&
           digits.size() <= plan.max_digits && (area == 0 || (area >= plan.min_area && area <= plan.max_area));
  });
}

bool IsTrunkMobile(std::string_view digits) {
  if (digits.size() < 10 || digits.size() > 12 || digits[0] != '0') return false;
  if (digits[1] == '6' || digits[1] == '7') return digits.size() <= 11;  // France, the Netherlands; the United Kingdom.
  return digits[1] == '1' && digits[2] >= '5' && digits[2] <= '7' && digits.size() >= 11;  // Germany.
}

bool IsSpanishPhone(std::string_view digits) {
  if (digits.size() != 9) return false;
  if (digits[0] == '6') return true;
  if (digits[0] == '7') return digits[1] <= '4';
  return digits[0] == '8' || (digits[0] == '9' && digits[1] != '9');
}

bool IsPortuguesePhone(std::string_view digits) {
  if (digits.size() != 9) return false;
  if (digits[0] == '9') return digits[1] == '1' || digits[1] == '2' || digits[1] == '3' || digits[1] == '6';
  return digits[0] == '2' || (digits[0] == '3' && digits[1] == '0');
}

bool IsNorthAmericanPhone(std::string_view digits) {
  if (digits.size() != 10 || digits[0] < '2') return false;
  return digits[3] >= '2' || digits.substr(0, 3) == "555";
}

}  // namespace tokenfoundry::pii
