// Dates and times as people and programs write them, in digits or with the months of five languages. Only days that the
// calendar has. Each function looks at a bounded number of bytes.
#pragma once

#include <cstdint>
#include <string_view>

#include "tokenfoundry/pii/candidate_internal.h"

namespace tokenfoundry::pii {

enum class DateForm : uint8_t {
  kNone,
  kFull,       // Day, month and a year of four digits.
  kShortYear,  // A year of two digits.
  kDayMonth,   // 12 marzo, March 12.
  kMonthYear,  // marzo 2025.
};

struct DateText {
  Extent place;
  DateForm form = DateForm::kNone;
};

// The date whose first digit is at `digit`, which must start a run of digits; a month before it belongs to it ("March
// 12, 2025").
DateText ReadDate(std::string_view text, size_t digit, uint64_t* steps);

// Where "12 03 1980" or "19800312" at `digit` ends, or `digit`: forms that need a word before them which says date.
size_t LooseDateEnd(std::string_view text, size_t digit, uint64_t* steps);

// Where the time of day at `digit` ends, its seconds, half of the day and zone with it, or `digit`.
size_t TimeEnd(std::string_view text, size_t digit, uint64_t* steps);

}  // namespace tokenfoundry::pii
