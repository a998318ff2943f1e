#include "tokenfoundry/ledger/zone.h"

#include <gtest/gtest.h>

#include "tests/cpp/ledger/zone_examples.h"

namespace tokenfoundry::ledger {
namespace {

TEST(Zone, KeepsItsFirstOffsetBeforeTheTableAndItsLastAfterIt) {
  EXPECT_EQ(Rome()->OffsetAt(-1), 3600);
  EXPECT_EQ(Rome()->OffsetAt(Utc_s(2026, 3, 29, 1) - 1), 3600);
  EXPECT_EQ(Rome()->OffsetAt(Utc_s(2026, 3, 29, 1)), 7200);
  EXPECT_EQ(Rome()->OffsetAt(Utc_s(9999, 12, 31)), 3600);
}

TEST(Zone, MovesASkippedLocalTimeToTheEndOfTheGap) {
  EXPECT_EQ(Rome()->FirstInstant(Utc_s(2026, 3, 29, 1, 59)), Utc_s(2026, 3, 29, 0, 59));
  for (const int minute : {0, 1, 30, 59}) {
    EXPECT_EQ(Rome()->FirstInstant(Utc_s(2026, 3, 29, 2, minute)), Utc_s(2026, 3, 29, 1));
  }
  EXPECT_EQ(Rome()->FirstInstant(Utc_s(2026, 3, 29, 3)), Utc_s(2026, 3, 29, 1));
  EXPECT_EQ(SkipsDay()->FirstInstant(Utc_s(2011, 12, 30, 12)), Utc_s(2011, 12, 30, 10));
}

TEST(Zone, TakesTheFirstOfTwoEqualLocalTimes) {
  EXPECT_EQ(Rome()->FirstInstant(Utc_s(2026, 10, 25, 2, 30)), Utc_s(2026, 10, 25, 0, 30));
  EXPECT_EQ(Rome()->FirstInstant(Utc_s(2026, 10, 25, 3)), Utc_s(2026, 10, 25, 2));
  EXPECT_EQ(RepeatsDay()->FirstInstant(Utc_s(2026, 1, 2, 5)), Utc_s(2026, 1, 1, 17));
}

// The definition itself, second by second over three days in which the clock changes four times.
TEST(Zone, GivesTheFirstInstantAtWhichTheClockShowsThatOrLater) {
  const auto odd = Odd();
  const int64_t begin_s = Utc_s(2026, 5, 30, 12), end_s = Utc_s(2026, 6, 3, 12);
  int64_t greatest_s = begin_s + odd->OffsetAt(begin_s);
  for (int64_t at_s = begin_s + 1; at_s < end_s; ++at_s) {
    for (const int64_t shown_s = at_s + odd->OffsetAt(at_s); greatest_s < shown_s;) {
      ++greatest_s;
      ASSERT_EQ(odd->FirstInstant(greatest_s), at_s) << greatest_s;
    }
  }
}

TEST(Zone, RefusesATableThatIsEmptyOrOutOfOrderOrBeyondADay) {
  EXPECT_TRUE(Odd()->Validate().ok());
  EXPECT_FALSE(ZoneOf({})->Validate().ok());
  EXPECT_FALSE(ZoneOf({{5, 0}, {5, 1}})->Validate().ok());
  EXPECT_FALSE(ZoneOf({{0, 90'000}})->Validate().ok());
  EXPECT_FALSE(ZoneOf({{0, INT32_MIN}})->Validate().ok());
}

}  // namespace
}  // namespace tokenfoundry::ledger
