#include "tokenfoundry/pii/validators/phone.h"

#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"

namespace tokenfoundry::pii {
namespace {

// National significant digits of a country, fewest and most in use. Countries not listed take 6 to 12.
struct Country {
  std::string_view code;
  size_t min_digits;
  size_t max_digits;
};

constexpr Country kCountries[] = {
    {"1", 10, 10},  {"20", 8, 10},  {"27", 9, 9},   {"30", 10, 10}, {"31", 9, 9},   {"32", 8, 9},  {"33", 9, 9},
    {"34", 9, 9},   {"351", 9, 9},  {"352", 6, 11}, {"353", 7, 9},  {"354", 7, 9},  {"355", 8, 9}, {"356", 8, 8},
    {"357", 8, 8},  {"358", 6, 11}, {"359", 7, 9},  {"36", 8, 9},   {"370", 8, 8},  {"371", 8, 8}, {"372", 7, 8},
    {"373", 8, 8},  {"377", 8, 9},  {"378", 6, 10}, {"380", 9, 9},  {"381", 8, 10}, {"385", 8, 9}, {"386", 8, 8},
    {"39", 6, 11},  {"40", 9, 9},   {"41", 9, 9},   {"420", 9, 9},  {"421", 9, 9},  {"43", 7, 13}, {"44", 9, 10},
    {"45", 8, 8},   {"46", 7, 10},  {"47", 8, 8},   {"48", 9, 9},   {"49", 7, 12},  {"51", 8, 9},  {"52", 10, 11},
    {"54", 10, 11}, {"55", 10, 11}, {"56", 9, 9},   {"57", 8, 10},  {"58", 10, 10}, {"60", 8, 10}, {"61", 9, 9},
    {"62", 8, 12},  {"63", 8, 10},  {"64", 8, 10},  {"65", 8, 8},   {"66", 8, 9},   {"7", 10, 10}, {"81", 9, 10},
    {"82", 8, 10},  {"84", 9, 10},  {"86", 10, 12}, {"90", 10, 10}, {"91", 10, 10}, {"92", 9, 10}, {"93", 9, 9},
    {"94", 9, 9},   {"98", 10, 10},
};

// Two-digit country codes, and the third digits assigned behind each two-digit zone (E.164 assigned codes).
constexpr std::string_view kTwoDigit[] = {"20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41",
                                          "43", "44", "45", "46", "47", "48", "49", "51", "52", "53", "54",
                                          "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66",
                                          "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98"};
struct Zone {
  std::string_view code;
  std::string_view third;
};
constexpr Zone kThreeDigit[] = {
    {"21", "12368"},      {"22", "0123456789"}, {"23", "0123456789"}, {"24", "0123456789"}, {"25", "012345678"},
    {"26", "0123456789"}, {"29", "01789"},      {"35", "0123456789"}, {"37", "0123456789"}, {"38", "01235679"},
    {"42", "013"},        {"50", "0123456789"}, {"59", "0123456789"}, {"67", "023456789"},  {"68", "012356789"},
    {"69", "012"},        {"80", "08"},         {"85", "02356"},      {"87", "08"},         {"88", "012368"},
    {"96", "012345678"},  {"97", "012345679"},  {"99", "234568"},
};

const Country* CountryOf(std::string_view digits) {
  const auto* country = std::find_if(std::begin(kCountries), std::end(kCountries),
                                     [&](const Country& c) { return digits.starts_with(c.code); });
  return country == std::end(kCountries) ? nullptr : country;
}

// One leading 0 is part of the number in Italy, and elsewhere a trunk 0 typed by mistake; two never are.
bool StartsLikeANumber(std::string_view country, std::string_view national) {
  if (national.substr(0, 2) == "00") return false;
  if (country == "1") return national[0] >= '2';
  return true;
}

}  // namespace

size_t CountryCodeSize(std::string_view digits) {
  if (digits.empty()) return 0;
  if (digits[0] == '1' || digits[0] == '7') return 1;
  if (digits.size() < 3) return 0;
  const std::string_view two = digits.substr(0, 2);
  if (std::find(std::begin(kTwoDigit), std::end(kTwoDigit), two) != std::end(kTwoDigit)) return 2;
  for (const Zone& zone : kThreeDigit) {
    if (zone.code == two) return zone.third.find(digits[2]) == std::string_view::npos ? 0 : 3;
  }
  return 0;
}

bool IsInternationalPhone(std::string_view digits) {
  const size_t code_size = CountryCodeSize(digits);
  if (code_size == 0 || digits.size() > kMaxPhoneDigits || digits.size() <= code_size) return false;
  const std::string_view national = digits.substr(code_size);
  if (!StartsLikeANumber(digits.substr(0, code_size), national)) return false;
  if (digits.substr(0, code_size) == "39" && national[0] == '3') return national.size() == 9 || national.size() == 10;
  const Country* country = CountryOf(digits);
  const size_t min_digits = country != nullptr ? country->min_digits : 6;
  const size_t max_digits = country != nullptr ? country->max_digits : 12;
  return national.size() >= min_digits && national.size() <= max_digits;
}

bool HasItalianMobilePrefix(std::string_view digits) {
  return digits.size() >= 3 && digits[0] == '3' && digits[1] != '0';
}

size_t ItalianAreaCodeSize(std::string_view digits) {
  if (digits.size() < 4 || digits[0] != '0') return 0;
  if (digits[1] == '2' || digits[1] == '6') return 2;
  if (digits[1] == '0') return 0;
  return std::string_view("0159").find(digits[2]) != std::string_view::npos ? 3 : 4;
}

}  // namespace tokenfoundry::pii
