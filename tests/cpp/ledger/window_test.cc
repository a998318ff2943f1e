#include "tokenfoundry/ledger/window.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tokenfoundry::ledger {
namespace {

constexpr int64_t kHour_s = 3600;

int64_t Utc_s(int year, unsigned month, unsigned day, int hour = 0, int minute = 0) {
  const std::chrono::sys_days date{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)};
  return date.time_since_epoch().count() * 86'400 + hour * kHour_s + minute * 60;
}

std::shared_ptr<const Zone> ZoneOf(std::vector<Transition> transitions) {
  auto zone = std::make_shared<Zone>();
  zone->name = "test";
  zone->transitions = std::move(transitions);
  return zone;
}

struct Case {
  const char* name;
  Window window;
  int64_t at_s, start_s, end_s;
};

TEST(Window, ContainsItsInstantBetweenTheLocalMidnights) {
  const auto utc = ZoneOf({{0, 0}});
  const auto rome = ZoneOf({{0, 3600}, {Utc_s(2026, 3, 29, 1), 7200}, {Utc_s(2026, 10, 25, 1), 3600}});
  // The clock went from 24:00 to 01:00: that day has no midnight.
  const auto skips_midnight = ZoneOf({{0, 0}, {Utc_s(2026, 3, 29), 3600}});
  // At 00:01 back to 23:01 of yesterday: today's midnight occurs twice, and yesterday goes on after it.
  const auto repeats_midnight = ZoneOf({{0, 0}, {Utc_s(2026, 10, 25, 0, 1), -3600}});
  // A whole day that never was: from the 29th at 24:00 to the 31st.
  const auto skips_day = ZoneOf({{0, -10 * 3600}, {Utc_s(2011, 12, 30, 10), 14 * 3600}});
  const auto daily = [](const auto& zone) { return Window{WindowKind::kDaily, 1, zone}; };
  const auto monthly = [](const auto& zone, int day) { return Window{WindowKind::kMonthly, day, zone}; };
  const Case cases[] = {
      {"a day", daily(utc), Utc_s(2026, 5, 2, 13), Utc_s(2026, 5, 2), Utc_s(2026, 5, 3)},
      {"its first instant", daily(utc), Utc_s(2026, 5, 2), Utc_s(2026, 5, 2), Utc_s(2026, 5, 3)},
      {"its last", daily(utc), Utc_s(2026, 5, 3) - 1, Utc_s(2026, 5, 2), Utc_s(2026, 5, 3)},
      {"a day of 23 hours", daily(rome), Utc_s(2026, 3, 29, 12), Utc_s(2026, 3, 28, 23), Utc_s(2026, 3, 29, 22)},
      {"a day of 25 hours", daily(rome), Utc_s(2026, 10, 25, 12), Utc_s(2026, 10, 24, 22), Utc_s(2026, 10, 25, 23)},
      {"no midnight", daily(skips_midnight), Utc_s(2026, 3, 29, 5), Utc_s(2026, 3, 29), Utc_s(2026, 3, 29, 23)},
      {"before no midnight", daily(skips_midnight), Utc_s(2026, 3, 28, 23), Utc_s(2026, 3, 28), Utc_s(2026, 3, 29)},
      {"two midnights", daily(repeats_midnight), Utc_s(2026, 10, 25, 0, 30), Utc_s(2026, 10, 25),
       Utc_s(2026, 10, 26, 1)},
      {"the day before them", daily(repeats_midnight), Utc_s(2026, 10, 24, 23), Utc_s(2026, 10, 24),
       Utc_s(2026, 10, 25)},
      {"after no day", daily(skips_day), Utc_s(2011, 12, 30, 10), Utc_s(2011, 12, 30, 10), Utc_s(2011, 12, 31, 10)},
      {"before no day", daily(skips_day), Utc_s(2011, 12, 30, 9), Utc_s(2011, 12, 29, 10), Utc_s(2011, 12, 30, 10)},
      {"a month", monthly(utc, 1), Utc_s(2026, 2, 14), Utc_s(2026, 2, 1), Utc_s(2026, 3, 1)},
      {"anchored mid-month", monthly(utc, 15), Utc_s(2026, 2, 14), Utc_s(2026, 1, 15), Utc_s(2026, 2, 15)},
      {"31st, in February", monthly(utc, 31), Utc_s(2026, 2, 27), Utc_s(2026, 1, 31), Utc_s(2026, 2, 28)},
      {"31st, without drift", monthly(utc, 31), Utc_s(2026, 3, 1), Utc_s(2026, 2, 28), Utc_s(2026, 3, 31)},
      {"30th, leap year", monthly(utc, 30), Utc_s(2028, 2, 29), Utc_s(2028, 2, 29), Utc_s(2028, 3, 30)},
      {"over the new year", monthly(utc, 31), Utc_s(2026, 1, 5), Utc_s(2025, 12, 31), Utc_s(2026, 1, 31)},
      {"month and clock change", monthly(rome, 29), Utc_s(2026, 3, 29, 3), Utc_s(2026, 3, 28, 23),
       Utc_s(2026, 4, 28, 22)},
  };
  for (const Case& c : cases) {
    ASSERT_TRUE(c.window.Validate().ok()) << c.name;
    EXPECT_EQ(c.window.BoundsAt(c.at_s * 1000), (Bounds{c.start_s * 1000, c.end_s * 1000})) << c.name;
  }
}

TEST(Window, OfALifetimeNeverEnds) {
  const Window window{WindowKind::kLifetime, 1, ZoneOf({{0, 0}})};
  EXPECT_EQ(window.BoundsAt(0), (Bounds{0, kNever}));
  EXPECT_EQ(window.BoundsAt(kMaxTime_ms - 1), (Bounds{0, kNever}));
}

TEST(Window, TheWindowsOfASpecFollowEachOtherWithoutGapOrOverlap) {
  const auto odd = ZoneOf({{0, 0}, {Utc_s(2026, 3, 29, 0, 1), -3600}, {Utc_s(2026, 5, 31, 23, 30), 7200}});
  for (const int anchor_day : {1, 28, 29, 30, 31}) {
    for (const WindowKind kind : {WindowKind::kDaily, WindowKind::kMonthly}) {
      const Window window{kind, anchor_day, odd};
      int64_t at_ms = Utc_s(2025, 12, 1) * 1000;
      Bounds bounds = window.BoundsAt(at_ms);
      while (at_ms < Utc_s(2026, 8, 1) * 1000) {
        ASSERT_LE(bounds.start_ms, at_ms);
        ASSERT_LT(at_ms, bounds.end_ms);
        ASSERT_EQ(window.BoundsAt(bounds.end_ms - 1), bounds);
        const Bounds next = window.BoundsAt(bounds.end_ms);
        ASSERT_EQ(next.start_ms, bounds.end_ms);
        at_ms = bounds.end_ms, bounds = next;
      }
    }
  }
}

TEST(Window, RefusesWhatItCannotMean) {
  const auto utc = ZoneOf({{0, 0}});
  EXPECT_FALSE((Window{WindowKind::kMonthly, 0, utc}).Validate().ok());
  EXPECT_FALSE((Window{WindowKind::kMonthly, 32, utc}).Validate().ok());
  EXPECT_FALSE((Window{static_cast<WindowKind>(9), 1, utc}).Validate().ok());
  EXPECT_FALSE((Window{WindowKind::kDaily, 1, nullptr}).Validate().ok());
  EXPECT_FALSE((Window{WindowKind::kDaily, 1, ZoneOf({})}).Validate().ok());
  EXPECT_FALSE((Window{WindowKind::kDaily, 1, ZoneOf({{5, 0}, {5, 1}})}).Validate().ok());
  EXPECT_FALSE((Window{WindowKind::kDaily, 1, ZoneOf({{0, 90'000}})}).Validate().ok());
}

}  // namespace
}  // namespace tokenfoundry::ledger
