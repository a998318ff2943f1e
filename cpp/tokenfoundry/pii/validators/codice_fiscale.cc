#include "tokenfoundry/pii/validators/codice_fiscale.h"

#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr std::string_view kOmocodia = "LMNPQRSTUV";  // Stands for 0..9.
constexpr std::string_view kMonths = "ABCDEHLMPRST";  // January..December.
constexpr int kDays[] = {31, 29, 31, 30, 31, 30,
                         31, 31, 30, 31, 30, 31};  // The century is not in the code: 29 always passes.
constexpr size_t kDigitPlaces[] = {6, 7, 9, 10, 12, 13, 14};
constexpr size_t kLetterPlaces[] = {0, 1, 2, 3, 4, 5, 8, 11, 15};

// Values of a character in an odd place (first, third, ...), for 0..9 and A..Z; 0..9 count as A..J do.
constexpr int kOddValues[] = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                              20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};

// The digit that `c` is or stands for, or -1.
int DigitValue(char c) {
  if (IsDigit(c)) return c - '0';
  const size_t value = kOmocodia.find(ToUpper(c));
  return value == std::string_view::npos ? -1 : static_cast<int>(value);
}

int Index(char c) { return IsDigit(c) ? c - '0' : ToUpper(c) - 'A'; }

bool HasDate(std::string_view code) {
  const size_t month = kMonths.find(ToUpper(code[8]));
  if (month == std::string_view::npos) return false;
  const int day = DigitValue(code[9]) * 10 + DigitValue(code[10]);
  const int of_month = day > 40 ? day - 40 : day;  // A woman's day of birth is written 40 higher.
  return of_month >= 1 && of_month <= kDays[month];
}

}  // namespace

bool IsFiscalCode(std::string_view code) {
  if (code.size() != kFiscalCodeSize) return false;
  for (const size_t place : kLetterPlaces) {
    if (!IsLetter(code[place])) return false;
  }
  for (const size_t place : kDigitPlaces) {
    if (DigitValue(code[place]) < 0) return false;
  }
  return HasDate(code) && FiscalCodeCheck(code.substr(0, 15)) == ToUpper(code[15]);
}

bool HasOmocodia(std::string_view code) {
  return std::any_of(std::begin(kDigitPlaces), std::end(kDigitPlaces),
                     [&](size_t place) { return !IsDigit(code[place]); });
}

char FiscalCodeCheck(std::string_view first) {
  int sum = 0;
  for (size_t i = 0; i < first.size(); ++i) sum += i % 2 == 0 ? kOddValues[Index(first[i])] : Index(first[i]);
  return static_cast<char>('A' + sum % 26);
}

}  // namespace tokenfoundry::pii
