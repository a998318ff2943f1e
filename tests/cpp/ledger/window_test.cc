#include "tokenfoundry/ledger/window.h"

#include <gtest/gtest.h>

#include <ostream>

#include "tests/cpp/ledger/window_examples.h"
#include "tests/cpp/ledger/zone_examples.h"

namespace tokenfoundry::ledger {

std::ostream& operator<<(std::ostream& out, const Bounds& bounds) {
  return out << "[" << bounds.start_ms / 1000 << ", " << bounds.end_ms / 1000 << ") s";
}

namespace {

struct Case {
  const char* name;
  Window window;
  int64_t at_s, start_s, end_s;
};

void ExpectBounds(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    ASSERT_TRUE(c.window.Validate().ok()) << c.name;
    EXPECT_EQ(c.window.BoundsAt(c.at_s * 1000), (Bounds{c.start_s * 1000, c.end_s * 1000})) << c.name;
  }
}

TEST(DailyWindow, LastsFromOneLocalMidnightToTheNext) {
  ExpectBounds({
      {"a day", Daily(UtcZone()), Utc_s(2026, 5, 2, 13), Utc_s(2026, 5, 2), Utc_s(2026, 5, 3)},
      {"its first instant", Daily(UtcZone()), Utc_s(2026, 5, 2), Utc_s(2026, 5, 2), Utc_s(2026, 5, 3)},
      {"its last", Daily(UtcZone()), Utc_s(2026, 5, 3) - 1, Utc_s(2026, 5, 2), Utc_s(2026, 5, 3)},
      {"of 23 hours", Daily(Rome()), Utc_s(2026, 3, 29, 12), Utc_s(2026, 3, 28, 23), Utc_s(2026, 3, 29, 22)},
      {"of 25 hours", Daily(Rome()), Utc_s(2026, 10, 25, 12), Utc_s(2026, 10, 24, 22), Utc_s(2026, 10, 25, 23)},
      {"no midnight", Daily(SkipsMidnight()), Utc_s(2026, 3, 29, 5), Utc_s(2026, 3, 29), Utc_s(2026, 3, 29, 23)},
      {"before that", Daily(SkipsMidnight()), Utc_s(2026, 3, 28, 23), Utc_s(2026, 3, 28), Utc_s(2026, 3, 29)},
      {"two midnights", Daily(RepeatsMidnight()), Utc_s(2026, 10, 25, 0, 30), Utc_s(2026, 10, 25),
       Utc_s(2026, 10, 26, 1)},
      {"the day before them", Daily(RepeatsMidnight()), Utc_s(2026, 10, 24, 23), Utc_s(2026, 10, 24),
       Utc_s(2026, 10, 25)},
      {"the second before the clock goes back", Daily(RepeatsMidnight()), Utc_s(2026, 10, 25) + 59, Utc_s(2026, 10, 25),
       Utc_s(2026, 10, 26, 1)},
  });
}

TEST(DailyWindow, BeginsAtItsTimeOfDay) {
  ExpectBounds({
      {"after it", Daily(UtcZone(), 6 * kHour_s), Utc_s(2026, 5, 2, 6), Utc_s(2026, 5, 2, 6), Utc_s(2026, 5, 3, 6)},
      {"before it", Daily(UtcZone(), 6 * kHour_s), Utc_s(2026, 5, 2, 5, 59), Utc_s(2026, 5, 1, 6),
       Utc_s(2026, 5, 2, 6)},
      {"in a gap: 03:00 in Rome", Daily(Rome(), kHalfPastTwo_s), Utc_s(2026, 3, 29, 1), Utc_s(2026, 3, 29, 1),
       Utc_s(2026, 3, 30, 0, 30)},
      {"before a gap", Daily(Rome(), kHalfPastTwo_s), Utc_s(2026, 3, 29, 1) - 1, Utc_s(2026, 3, 28, 1, 30),
       Utc_s(2026, 3, 29, 1)},
      {"first in a fold", Daily(Rome(), kHalfPastTwo_s), Utc_s(2026, 10, 25, 0, 30), Utc_s(2026, 10, 25, 0, 30),
       Utc_s(2026, 10, 26, 1, 30)},
      {"between the two of a fold, when the clock shows 02:10", Daily(Rome(), kHalfPastTwo_s),
       Utc_s(2026, 10, 25, 1, 10), Utc_s(2026, 10, 25, 0, 30), Utc_s(2026, 10, 26, 1, 30)},
  });
}

TEST(DailyWindow, LeavesOutADayThatNeverWasAndKeepsOneThatWasLivedTwice) {
  ExpectBounds({
      {"after no day", Daily(SkipsDay()), Utc_s(2011, 12, 30, 10), Utc_s(2011, 12, 30, 10), Utc_s(2011, 12, 31, 10)},
      {"before it", Daily(SkipsDay()), Utc_s(2011, 12, 30, 9), Utc_s(2011, 12, 29, 10), Utc_s(2011, 12, 30, 10)},
      {"at noon, after no day: the noon that never was is the change, and then it is midnight",
       Daily(SkipsDay(), 12 * kHour_s), Utc_s(2011, 12, 30, 10), Utc_s(2011, 12, 30, 10), Utc_s(2011, 12, 30, 22)},
      {"the day's first life", Daily(RepeatsDay()), Utc_s(2026, 1, 2, 11), Utc_s(2026, 1, 1, 12),
       Utc_s(2026, 1, 2, 12) + 24 * kHour_s},
      {"its second", Daily(RepeatsDay()), Utc_s(2026, 1, 3, 11), Utc_s(2026, 1, 1, 12), Utc_s(2026, 1, 3, 12)},
  });
}

TEST(DailyWindow, KeepsTheSecondsOfAnOldOffset) {
  ExpectBounds({
      {"local midnight", Daily(Monrovia()), Utc_s(1971, 6, 1, 12), Utc_s(1971, 6, 1) + 2670, Utc_s(1971, 6, 2) + 2670},
      {"over the change", Daily(Monrovia()), Utc_s(1972, 1, 6, 12), Utc_s(1972, 1, 6) + 2670, Utc_s(1972, 1, 7) + 2670},
      {"after it: 44:30 of the day were skipped", Daily(Monrovia()), Utc_s(1972, 1, 7, 12), Utc_s(1972, 1, 7) + 2670,
       Utc_s(1972, 1, 8)},
  });
}

TEST(WeeklyWindow, BeginsOnAnyDay) {
  // 2026-05-02 is a Saturday.
  ExpectBounds({
      {"Monday", Weekly(UtcZone(), 1), Utc_s(2026, 5, 2, 13), Utc_s(2026, 4, 27), Utc_s(2026, 5, 4)},
      {"Saturday", Weekly(UtcZone(), 6), Utc_s(2026, 5, 2), Utc_s(2026, 5, 2), Utc_s(2026, 5, 9)},
      {"Sunday", Weekly(UtcZone(), 7), Utc_s(2026, 5, 2, 13), Utc_s(2026, 4, 26), Utc_s(2026, 5, 3)},
      {"Saturday, before its time", Weekly(UtcZone(), 6, 8 * kHour_s), Utc_s(2026, 5, 2, 7), Utc_s(2026, 4, 25, 8),
       Utc_s(2026, 5, 2, 8)},
      {"over the new year", Weekly(UtcZone(), 3), Utc_s(2026, 1, 1), Utc_s(2025, 12, 31), Utc_s(2026, 1, 7)},
      {"around the epoch, a Thursday", Weekly(UtcZone(), 1), 0, -3 * 24 * kHour_s, 4 * 24 * kHour_s},
      {"of 167 hours", Weekly(Rome(), 1), Utc_s(2026, 3, 29, 12), Utc_s(2026, 3, 22, 23), Utc_s(2026, 3, 29, 22)},
      {"whose Friday never was", Weekly(SkipsDay(), 5), Utc_s(2011, 12, 30, 10), Utc_s(2011, 12, 30, 10),
       Utc_s(2012, 1, 5, 10)},
  });
}

TEST(MonthlyWindow, ClampsItsDayToEachMonthWithoutDrift) {
  ExpectBounds({
      {"a month", Monthly(UtcZone(), 1), Utc_s(2026, 2, 14), Utc_s(2026, 2, 1), Utc_s(2026, 3, 1)},
      {"mid-month", Monthly(UtcZone(), 15), Utc_s(2026, 2, 14), Utc_s(2026, 1, 15), Utc_s(2026, 2, 15)},
      {"31st, in February", Monthly(UtcZone(), 31), Utc_s(2026, 2, 27), Utc_s(2026, 1, 31), Utc_s(2026, 2, 28)},
      {"31st, without drift", Monthly(UtcZone(), 31), Utc_s(2026, 3, 1), Utc_s(2026, 2, 28), Utc_s(2026, 3, 31)},
      {"30th, leap year", Monthly(UtcZone(), 30), Utc_s(2028, 2, 29), Utc_s(2028, 2, 29), Utc_s(2028, 3, 30)},
      {"29th of a year that 100 divides", Monthly(UtcZone(), 29), Utc_s(2100, 2, 28), Utc_s(2100, 2, 28),
       Utc_s(2100, 3, 29)},
      {"over the new year", Monthly(UtcZone(), 31), Utc_s(2026, 1, 5), Utc_s(2025, 12, 31), Utc_s(2026, 1, 31)},
      {"clamped, before its time of day", Monthly(UtcZone(), 31, 18 * kHour_s), Utc_s(2026, 2, 28, 17),
       Utc_s(2026, 1, 31, 18), Utc_s(2026, 2, 28, 18)},
      {"and a clock change", Monthly(Rome(), 29), Utc_s(2026, 3, 29, 3), Utc_s(2026, 3, 28, 23),
       Utc_s(2026, 4, 28, 22)},
      {"the 30th that never was", Monthly(SkipsDay(), 30), Utc_s(2012, 1, 5), Utc_s(2011, 12, 30, 10),
       Utc_s(2012, 1, 29, 10)},
  });
}

TEST(QuarterlyWindow, BeginsEveryThirdMonthOfTheFiscalYear) {
  ExpectBounds({
      {"of the calendar year", Quarterly(UtcZone(), 1, 1), Utc_s(2026, 5, 2), Utc_s(2026, 4, 1), Utc_s(2026, 7, 1)},
      {"its first instant", Quarterly(UtcZone(), 1, 1), Utc_s(2026, 4, 1), Utc_s(2026, 4, 1), Utc_s(2026, 7, 1)},
      {"of a year from April", Quarterly(UtcZone(), 4, 1), Utc_s(2026, 5, 2), Utc_s(2026, 4, 1), Utc_s(2026, 7, 1)},
      {"of a year from February", Quarterly(UtcZone(), 2, 1), Utc_s(2026, 1, 31), Utc_s(2025, 11, 1),
       Utc_s(2026, 2, 1)},
      {"from the 31st: August to November", Quarterly(UtcZone(), 8, 31), Utc_s(2026, 10, 1), Utc_s(2026, 8, 31),
       Utc_s(2026, 11, 30)},
      {"and on to February", Quarterly(UtcZone(), 8, 31), Utc_s(2026, 12, 1), Utc_s(2026, 11, 30), Utc_s(2027, 2, 28)},
      {"before the anchor day of its month", Quarterly(UtcZone(), 12, 15), Utc_s(2026, 3, 14), Utc_s(2025, 12, 15),
       Utc_s(2026, 3, 15)},
      {"that ends in summer time", Quarterly(Rome(), 1, 1), Utc_s(2026, 3, 29, 12), Utc_s(2025, 12, 31, 23),
       Utc_s(2026, 3, 31, 22)},
  });
}

TEST(YearlyWindow, BeginsInTheFirstMonthOfTheFiscalYear) {
  ExpectBounds({
      {"of the calendar", Yearly(UtcZone(), 1, 1), Utc_s(2026, 5, 2), Utc_s(2026, 1, 1), Utc_s(2027, 1, 1)},
      {"from April 6", Yearly(UtcZone(), 4, 6), Utc_s(2026, 4, 5), Utc_s(2025, 4, 6), Utc_s(2026, 4, 6)},
      {"from October", Yearly(UtcZone(), 10, 1), Utc_s(2026, 10, 1), Utc_s(2026, 10, 1), Utc_s(2027, 10, 1)},
      {"from a leap day, in other years the 28th", Yearly(UtcZone(), 2, 29), Utc_s(2028, 2, 28), Utc_s(2027, 2, 28),
       Utc_s(2028, 2, 29)},
      {"and on", Yearly(UtcZone(), 2, 29), Utc_s(2028, 2, 29), Utc_s(2028, 2, 29), Utc_s(2029, 2, 28)},
  });
}

TEST(ShiftWindow, LastsToTheNextStartAndOverMidnight) {
  const std::vector<int32_t> three = {6 * kHour_s, 14 * kHour_s, 22 * kHour_s};
  ExpectBounds({
      {"early", Shift(UtcZone(), three), Utc_s(2026, 5, 2, 6), Utc_s(2026, 5, 2, 6), Utc_s(2026, 5, 2, 14)},
      {"late", Shift(UtcZone(), three), Utc_s(2026, 5, 2, 21, 59), Utc_s(2026, 5, 2, 14), Utc_s(2026, 5, 2, 22)},
      {"night", Shift(UtcZone(), three), Utc_s(2026, 5, 2, 23), Utc_s(2026, 5, 2, 22), Utc_s(2026, 5, 3, 6)},
      {"night, past midnight", Shift(UtcZone(), three), Utc_s(2026, 5, 3, 5), Utc_s(2026, 5, 2, 22),
       Utc_s(2026, 5, 3, 6)},
      {"the night of 7 hours", Shift(Rome(), three), Utc_s(2026, 3, 29, 1), Utc_s(2026, 3, 28, 21),
       Utc_s(2026, 3, 29, 4)},
      {"the night of 9 hours", Shift(Rome(), three), Utc_s(2026, 10, 25, 1), Utc_s(2026, 10, 24, 20),
       Utc_s(2026, 10, 25, 5)},
      {"one a day", Shift(UtcZone(), {9 * kHour_s}), Utc_s(2026, 5, 2, 8), Utc_s(2026, 5, 1, 9), Utc_s(2026, 5, 2, 9)},
  });
}

TEST(ShiftWindow, IsNeverAnEmptyOneWhereTheClockSkipsSeveralStarts) {
  // 02:00, 02:15 and 02:30 do not exist on March 29 in Rome: what begins at the change is the shift of 02:30.
  const Window shifts = Shift(Rome(), {2 * kHour_s, 2 * kHour_s + 900, kHalfPastTwo_s, 4 * kHour_s});
  ExpectBounds({
      {"after the gap", shifts, Utc_s(2026, 3, 29, 1), Utc_s(2026, 3, 29, 1), Utc_s(2026, 3, 29, 2)},
      {"before it", shifts, Utc_s(2026, 3, 29, 1) - 1, Utc_s(2026, 3, 28, 3), Utc_s(2026, 3, 29, 1)},
  });
}

TEST(ShiftWindow, DoesNotBeginAgainWhereTheClockShowsItsStartAgain) {
  const Window shifts = Shift(Rome(), {2 * kHour_s, kHalfPastTwo_s, 4 * kHour_s});
  ExpectBounds({
      {"first 02:00", shifts, Utc_s(2026, 10, 25, 0, 10), Utc_s(2026, 10, 25), Utc_s(2026, 10, 25, 0, 30)},
      {"first 02:30", shifts, Utc_s(2026, 10, 25, 0, 40), Utc_s(2026, 10, 25, 0, 30), Utc_s(2026, 10, 25, 3)},
      {"second 02:00", shifts, Utc_s(2026, 10, 25, 1, 10), Utc_s(2026, 10, 25, 0, 30), Utc_s(2026, 10, 25, 3)},
      {"second 02:30", shifts, Utc_s(2026, 10, 25, 1, 40), Utc_s(2026, 10, 25, 0, 30), Utc_s(2026, 10, 25, 3)},
  });
}

TEST(RollingWindow, IsCountedInSlotsOfASixtieth) {
  const Window hour = Rolling(Rome(), 3'600'000);
  EXPECT_EQ(hour.BoundsAt(0), (Bounds{0, 60'000}));
  EXPECT_EQ(hour.BoundsAt(59'999), (Bounds{0, 60'000}));
  EXPECT_EQ(hour.BoundsAt(60'000), (Bounds{60'000, 120'000}));
  const Window odd = Rolling(UtcZone(), 60 * 1'007);
  EXPECT_EQ(odd.BoundsAt(1'007 * 1'000'000 + 1'006), (Bounds{1'007 * 1'000'000, 1'007 * 1'000'001}));
}

TEST(Window, OfALifetimeOrASessionHasNoEndOfItsOwn) {
  for (const WindowKind kind : {WindowKind::kLifetime, WindowKind::kSession}) {
    const Window window = WithoutEnd(UtcZone(), kind);
    ASSERT_TRUE(window.Validate().ok());
    EXPECT_EQ(window.BoundsAt(0), (Bounds{0, kNever}));
    EXPECT_EQ(window.BoundsAt(kMaxTime_ms - 1), (Bounds{0, kNever}));
  }
}

TEST(Window, WorksUpToTheLastInstantThatTheLedgerTakes) {
  for (const Window& window : {Daily(Rome()), Weekly(Rome(), 7), Monthly(Rome(), 31), Yearly(Rome(), 12, 31)}) {
    const Bounds bounds = window.BoundsAt(kMaxTime_ms - 1);
    EXPECT_LE(bounds.start_ms, kMaxTime_ms - 1);
    EXPECT_GT(bounds.end_ms, kMaxTime_ms - 1);
  }
}

TEST(Window, IsEqualToOneOfTheSameFieldsAndTables) {
  EXPECT_EQ(Shift(Rome(), {0, 60}), Shift(Rome(), {0, 60}));
  EXPECT_FALSE(Shift(Rome(), {0, 60}) == Shift(Rome(), {0, 61}));
  EXPECT_FALSE(Daily(Rome()) == Daily(UtcZone()));
  EXPECT_FALSE(Daily(Rome()) == Daily(Rome(), 1));
  EXPECT_FALSE(Daily(Rome()) == Daily(nullptr));
  EXPECT_FALSE(Weekly(Rome(), 1) == Weekly(Rome(), 2));
  EXPECT_FALSE(Monthly(Rome(), 1) == Monthly(Rome(), 2));
  EXPECT_FALSE(Yearly(Rome(), 1, 1) == Yearly(Rome(), 2, 1));
  EXPECT_FALSE(Yearly(Rome(), 1, 1) == Quarterly(Rome(), 1, 1));
  EXPECT_FALSE(Rolling(Rome(), 60'000) == Rolling(Rome(), 120'000));
}

TEST(Window, RefusesWhatItCannotMean) {
  const auto utc = UtcZone();
  Window early_shift = Shift(utc, {0, 60});
  early_shift.at_s = 60;
  Window long_day = Daily(utc);
  long_day.length_ms = 60'000;
  Window day_of_shifts = Daily(utc);
  day_of_shifts.starts_s = {0};
  std::vector<int32_t> too_many;
  for (int32_t i = 0; i < 49; ++i) too_many.push_back(i);
  const std::pair<Window, const char*> cases[] = {
      {Monthly(utc, 0), "anchor_day"},
      {Monthly(utc, 32), "anchor_day"},
      {Yearly(utc, 0, 1), "anchor_month"},
      {Yearly(utc, 13, 1), "anchor_month"},
      {Weekly(utc, 0), "iso_weekday"},
      {Weekly(utc, 8), "iso_weekday"},
      {Daily(utc, -1), "at_time"},
      {Daily(utc, 86'400), "at_time"},
      {early_shift, "at_time"},
      {Shift(utc, {}), "starts"},
      {Shift(utc, {60, 0}), "starts"},
      {Shift(utc, {60, 60}), "starts"},
      {Shift(utc, {-1, 60}), "starts"},
      {Shift(utc, {0, 86'400}), "starts"},
      {Shift(utc, too_many), "starts"},
      {day_of_shifts, "starts"},
      {Rolling(utc, 0), "length"},
      {Rolling(utc, 59'940), "length"},
      {Rolling(utc, 60'001), "length"},
      {Rolling(utc, kMaxRolling_ms + 60), "length"},
      {long_day, "length"},
      {WithoutEnd(utc, static_cast<WindowKind>(0)), "kind"},
      {WithoutEnd(utc, static_cast<WindowKind>(10)), "kind"},
      {Daily(nullptr), "tz"},
      {Daily(ZoneOf({})), "tz"},
  };
  for (const auto& [window, field] : cases) {
    const absl::Status status = window.Validate();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << field;
    EXPECT_EQ(status.message().find(std::string("window.") + field + ":"), 0U) << field << " / " << status;
  }
}

}  // namespace
}  // namespace tokenfoundry::ledger
