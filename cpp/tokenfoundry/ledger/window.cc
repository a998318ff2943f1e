#include "tokenfoundry/ledger/window.h"

#include <algorithm>
#include <chrono>

namespace tokenfoundry::ledger {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month;

constexpr int64_t kDay_s = 86'400;

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Windows are numbered: days and months since 1970. Each function gives the local date on which number `n` begins, as
// days since 1970.
int64_t DayBegin(int64_t n, int32_t) { return n; }

int64_t MonthBegin(int64_t n, int32_t anchor_day) {
  const year_month month = year_month{std::chrono::year{1970}, std::chrono::month{1}} + std::chrono::months{n};
  const auto last = (month / std::chrono::last).day();
  const auto day = std::min(std::chrono::day{static_cast<unsigned>(anchor_day)}, last);
  return sys_days{month / day}.time_since_epoch().count();
}

int64_t MonthOf(int64_t day) {
  const std::chrono::year_month_day date{sys_days{days{day}}};
  return (static_cast<int>(date.year()) - 1970) * 12 + static_cast<int>(static_cast<unsigned>(date.month())) - 1;
}

}  // namespace

absl::Status Zone::Validate() const {
  if (transitions.empty()) return absl::InvalidArgumentError("window.tz: the table of " + name + " is empty");
  for (size_t i = 0; i < transitions.size(); ++i) {
    if (i > 0 && transitions[i].at_s <= transitions[i - 1].at_s) {
      return absl::InvalidArgumentError("window.tz: the table of " + name + " is not ascending");
    }
    if (std::abs(static_cast<int64_t>(transitions[i].offset_s)) > kDay_s) {
      return absl::InvalidArgumentError("window.tz: an offset of " + name + " exceeds a day");
    }
  }
  return absl::OkStatus();
}

int32_t Zone::OffsetAt(int64_t utc_s) const {
  const auto after =
      std::upper_bound(transitions.begin(), transitions.end(), utc_s,
                       [](int64_t at_s, const Transition& transition) { return at_s < transition.at_s; });
  return after == transitions.begin() ? transitions.front().offset_s : (after - 1)->offset_s;
}

int64_t Zone::FirstInstant(int64_t local_s) const {
  // No offset exceeds a day, so what ended before local_s - 1 day showed only earlier local times.
  auto regime = std::upper_bound(transitions.begin(), transitions.end(), local_s - kDay_s,
                                 [](int64_t at_s, const Transition& transition) { return at_s < transition.at_s; });
  if (regime != transitions.begin()) --regime;
  for (;; ++regime) {
    const int64_t begin = regime == transitions.begin() ? INT64_MIN : regime->at_s;
    const int64_t instant = std::max(begin, local_s - regime->offset_s);
    if (regime + 1 == transitions.end() || instant < (regime + 1)->at_s) return instant;
  }
}

absl::Status Window::Validate() const {
  if (kind != WindowKind::kDaily && kind != WindowKind::kMonthly && kind != WindowKind::kLifetime) {
    return absl::InvalidArgumentError("window.kind: unknown");
  }
  if (anchor_day < 1 || anchor_day > 31) return absl::InvalidArgumentError("window.anchor_day: not in [1, 31]");
  if (zone == nullptr) return absl::InvalidArgumentError("window.tz: missing");
  return zone->Validate();
}

Bounds Window::BoundsAt(int64_t at_ms) const {
  if (kind == WindowKind::kLifetime) return {0, kNever};
  const int64_t at_s = FloorDiv(at_ms, 1000);
  const int64_t day = FloorDiv(at_s + zone->OffsetAt(at_s), kDay_s);
  const auto begin_of = kind == WindowKind::kDaily ? DayBegin : MonthBegin;
  int64_t n = kind == WindowKind::kDaily ? day : MonthOf(day);
  const auto start_of = [&](int64_t number) { return zone->FirstInstant(begin_of(number, anchor_day) * kDay_s); };
  // The local date is a guess: before the anchor day, or when a fold shows yesterday's date again, it is off by one.
  int64_t start = start_of(n);
  while (at_s < start) start = start_of(--n);
  int64_t end = start_of(n + 1);
  while (at_s >= end) start = end, end = start_of(++n + 1);
  return {start * 1000, end * 1000};
}

}  // namespace tokenfoundry::ledger
