// One way to write each kind of window in a test.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "tokenfoundry/ledger/window.h"

namespace tokenfoundry::ledger {

using ZonePtr = std::shared_ptr<const Zone>;

constexpr int32_t kHour_s = 3600;
constexpr int32_t kHalfPastTwo_s = 2 * kHour_s + 1800;

inline Window Daily(ZonePtr zone, int32_t at_s = 0) {
  Window window;
  window.kind = WindowKind::kDaily;
  window.at_s = at_s;
  window.zone = std::move(zone);
  return window;
}

inline Window Weekly(ZonePtr zone, int32_t iso_weekday, int32_t at_s = 0) {
  Window window = Daily(std::move(zone), at_s);
  window.kind = WindowKind::kWeekly;
  window.iso_weekday = iso_weekday;
  return window;
}

inline Window Monthly(ZonePtr zone, int32_t anchor_day, int32_t at_s = 0) {
  Window window = Daily(std::move(zone), at_s);
  window.kind = WindowKind::kMonthly;
  window.anchor_day = anchor_day;
  return window;
}

inline Window Quarterly(ZonePtr zone, int32_t anchor_month, int32_t anchor_day) {
  Window window = Monthly(std::move(zone), anchor_day);
  window.kind = WindowKind::kQuarterly;
  window.anchor_month = anchor_month;
  return window;
}

inline Window Yearly(ZonePtr zone, int32_t anchor_month, int32_t anchor_day) {
  Window window = Quarterly(std::move(zone), anchor_month, anchor_day);
  window.kind = WindowKind::kYearly;
  return window;
}

inline Window Shift(ZonePtr zone, std::vector<int32_t> starts_s) {
  Window window;
  window.kind = WindowKind::kShift;
  window.starts_s = std::move(starts_s);
  window.zone = std::move(zone);
  return window;
}

inline Window Rolling(ZonePtr zone, int64_t length_ms) {
  Window window;
  window.kind = WindowKind::kRolling;
  window.length_ms = length_ms;
  window.zone = std::move(zone);
  return window;
}

inline Window WithoutEnd(ZonePtr zone, WindowKind kind) {
  Window window;
  window.kind = kind;
  window.zone = std::move(zone);
  return window;
}

}  // namespace tokenfoundry::ledger
