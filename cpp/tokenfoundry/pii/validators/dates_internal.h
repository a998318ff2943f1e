// Days of the Gregorian calendar, as identity numbers write them.
#pragma once

#include <string_view>

#include "tokenfoundry/pii/validators/digits_internal.h"

namespace tokenfoundry::pii {

constexpr int DaysOf(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

constexpr bool IsDate(int year, int month, int day) {
  return month >= 1 && month <= 12 && day >= 1 && day <= DaysOf(year, month);
}

// A year without its century: 00 counts as a leap year, which 2000 was.
constexpr bool IsDateOfSomeCentury(int year, int month, int day) { return IsDate(2000 + year % 100, month, day); }

}  // namespace tokenfoundry::pii
