// Time zones for tests of windows: the changes of clocks that are hard, each as a table of its own.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "tokenfoundry/ledger/zone.h"

namespace tokenfoundry::ledger {

inline int64_t Utc_s(int year, int month, int day, int hour = 0, int minute = 0) {
  const std::chrono::sys_days date{std::chrono::year{year} / month / day};
  return date.time_since_epoch().count() * 86'400 + hour * 3600 + minute * 60;
}

inline std::shared_ptr<const Zone> ZoneOf(std::vector<Transition> transitions) {
  auto zone = std::make_shared<Zone>();
  zone->name = "test";
  zone->transitions = std::move(transitions);
  return zone;
}

inline std::shared_ptr<const Zone> UtcZone() { return ZoneOf({{0, 0}}); }

// 2026 in Rome: 02:00 became 03:00 on March 29, 03:00 became 02:00 on October 25.
inline std::shared_ptr<const Zone> Rome() {
  return ZoneOf({{0, 3600}, {Utc_s(2026, 3, 29, 1), 7200}, {Utc_s(2026, 10, 25, 1), 3600}});
}

// On 2026-03-28 the clock went from 24:00 to 01:00: the 29th has no midnight.
inline std::shared_ptr<const Zone> SkipsMidnight() { return ZoneOf({{0, 0}, {Utc_s(2026, 3, 29), 3600}}); }

// At 00:01 of 2026-10-25 back to 23:01: the 25th's midnight occurs twice, and the 24th goes on after the first.
inline std::shared_ptr<const Zone> RepeatsMidnight() { return ZoneOf({{0, 0}, {Utc_s(2026, 10, 25, 0, 1), -3600}}); }

// Apia in 2011: from December 29 at 24:00 to the 31st at 00:00.
inline std::shared_ptr<const Zone> SkipsDay() {
  return ZoneOf({{0, -10 * 3600}, {Utc_s(2011, 12, 30, 10), 14 * 3600}});
}

// The other way: January 2 of 2026 is lived twice.
inline std::shared_ptr<const Zone> RepeatsDay() {
  return ZoneOf({{0, 12 * 3600}, {Utc_s(2026, 1, 2, 12), -12 * 3600}});
}

// Monrovia until 1972, with seconds in its offset: UTC minus 44 minutes and 30 seconds.
inline std::shared_ptr<const Zone> Monrovia() { return ZoneOf({{0, -2670}, {Utc_s(1972, 1, 7) + 2670, 0}}); }

// Several changes within two days, across midnights.
inline std::shared_ptr<const Zone> Odd() {
  return ZoneOf({{0, 0},
                 {Utc_s(2026, 3, 29, 0, 1), -3600},
                 {Utc_s(2026, 5, 31, 23, 30), 7200},
                 {Utc_s(2026, 6, 1, 8), -5 * 3600},
                 {Utc_s(2026, 6, 1, 12), 20 * 3600},
                 {Utc_s(2026, 6, 2, 3), 0}});
}

}  // namespace tokenfoundry::ledger
