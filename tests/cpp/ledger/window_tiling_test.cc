// The windows of a spec cover all time: each instant lies in exactly one, which every instant in it agrees on, and the
// next begins where it ends.
#include <gtest/gtest.h>

#include <random>

#include "tests/cpp/ledger/window_examples.h"
#include "tests/cpp/ledger/zone_examples.h"

namespace tokenfoundry::ledger {
namespace {

std::vector<ZonePtr> Zones() {
  return {UtcZone(), Rome(), SkipsMidnight(), RepeatsMidnight(), SkipsDay(), RepeatsDay(), Monrovia(), Odd()};
}

std::vector<Window> Windows(std::mt19937_64& random, const ZonePtr& zone) {
  const auto in = [&](int least, int most) { return std::uniform_int_distribution<int32_t>(least, most)(random); };
  const auto at_s = [&] { return in(0, 2) == 0 ? 0 : in(0, 86'399); };
  std::vector<int32_t> starts_s;
  for (int32_t start_s = in(0, 4 * kHour_s); start_s < 86'400 && starts_s.size() < kMaxShifts;
       start_s += in(1, 4 * kHour_s)) {
    starts_s.push_back(start_s);
  }
  return {Daily(zone, at_s()),
          Weekly(zone, in(1, 7), at_s()),
          Monthly(zone, in(1, 31), at_s()),
          Quarterly(zone, in(1, 12), in(1, 31)),
          Yearly(zone, in(1, 12), in(1, 31)),
          Shift(zone, starts_s),
          Rolling(zone, int64_t{in(1'000, 500'000)} * kRollingSlots)};
}

// Instants everywhere, and many around the changes of the zone's clock.
std::vector<int64_t> Instants(std::mt19937_64& random, const Zone& zone) {
  std::vector<int64_t> instants;
  std::uniform_int_distribution<int64_t> any(0, kMaxTime_ms - 1), near(-2 * 86'400'000, 2 * 86'400'000);
  for (int i = 0; i < 20; ++i) instants.push_back(any(random));
  for (const Transition& transition : zone.transitions) {
    if (transition.at_s == 0) continue;
    for (const int64_t offset_ms : {-1, 0, 1}) instants.push_back(transition.at_s * 1000 + offset_ms);
    for (int i = 0; i < 20; ++i) instants.push_back(transition.at_s * 1000 + near(random));
  }
  return instants;
}

TEST(Window, HoldsItsInstantAndMeetsItsNeighbours) {
  std::mt19937_64 random(20260502);
  for (int round = 0; round < 60; ++round) {
    for (const ZonePtr& zone : Zones()) {
      for (const Window& window : Windows(random, zone)) {
        ASSERT_TRUE(window.Validate().ok());
        for (const int64_t at_ms : Instants(random, *zone)) {
          const Bounds bounds = window.BoundsAt(at_ms);
          ASSERT_LE(bounds.start_ms, at_ms);
          ASSERT_LT(at_ms, bounds.end_ms);
          ASSERT_EQ(window.BoundsAt(bounds.start_ms), bounds) << static_cast<int>(window.kind) << " at " << at_ms;
          ASSERT_EQ(window.BoundsAt(bounds.end_ms - 1), bounds) << static_cast<int>(window.kind) << " at " << at_ms;
          ASSERT_EQ(window.BoundsAt(bounds.end_ms).start_ms, bounds.end_ms);
          ASSERT_EQ(window.BoundsAt(bounds.start_ms - 1).end_ms, bounds.start_ms);
        }
      }
    }
  }
}

// A calendar's windows begin where the local clock first shows their start or later: walked minute by minute, a window
// begins at an instant exactly when the clock first passes a start there.
TEST(Window, BeginsExactlyWhereTheLocalClockFirstPassesAStart) {
  for (const ZonePtr& zone : Zones()) {
    if (zone->transitions.size() < 2) continue;
    const Window window = Shift(zone, {0, 1800, kHalfPastTwo_s, 6 * kHour_s, 23 * kHour_s + 1800});
    const int64_t begin_s = zone->transitions[1].at_s - 3 * 86'400, end_s = zone->transitions.back().at_s + 3 * 86'400;
    int64_t passed_s = begin_s - 1 + zone->OffsetAt(begin_s - 1);
    for (int64_t at_s = begin_s; at_s < std::min(end_s, begin_s + 8 * 86'400); ++at_s) {
      const int64_t shown_s = at_s + zone->OffsetAt(at_s);
      bool begins = false;
      for (const int32_t start_s : window.starts_s) {
        // A start in (passed, shown] of any day.
        const int64_t day = (shown_s - start_s) / 86'400;
        begins = begins || (day * 86'400 + start_s > passed_s && shown_s >= day * 86'400 + start_s);
      }
      ASSERT_EQ(window.BoundsAt(at_s * 1000).start_ms == at_s * 1000, begins) << at_s;
      passed_s = std::max(passed_s, shown_s);
    }
  }
}

}  // namespace
}  // namespace tokenfoundry::ledger
