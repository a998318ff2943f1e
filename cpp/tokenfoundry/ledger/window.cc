#include "tokenfoundry/ledger/window.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <tuple>

namespace tokenfoundry::ledger {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month;

constexpr int64_t kDay_s = 86'400;
constexpr int64_t kFirstMonday = -3;  // In days since 1970-01-01, which was a Thursday.

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Days since 1970 of `anchor_day` in a month, which is counted since January 1970.
int64_t AnchorDay(int64_t month_number, int32_t anchor_day) {
  const year_month month =
      year_month{std::chrono::year{1970}, std::chrono::month{1}} + std::chrono::months{month_number};
  const auto last = (month / std::chrono::last).day();
  const auto day = std::min(std::chrono::day{static_cast<unsigned>(anchor_day)}, last);
  return sys_days{month / day}.time_since_epoch().count();
}

int64_t MonthOf(int64_t day) {
  const std::chrono::year_month_day date{sys_days{days{day}}};
  return (static_cast<int>(date.year()) - 1970) * 12 + static_cast<int>(static_cast<unsigned>(date.month())) - 1;
}

// Monthly, quarterly and yearly windows begin in every `step`-th month from `first` on.
struct Months {
  int64_t step;
  int64_t first;
};

Months MonthsOf(const Window& window) {
  if (window.kind == WindowKind::kMonthly) return {1, 0};
  return {window.kind == WindowKind::kQuarterly ? 3 : 12, window.anchor_month - 1};
}

// The windows of a calendar are numbered in the order of their local starts, which are distinct. Number 0 begins near
// 1970-01-01.

int64_t LocalStart_s(const Window& window, int64_t number) {
  switch (window.kind) {
    case WindowKind::kDaily:
      return number * kDay_s + window.at_s;
    case WindowKind::kWeekly:
      return (number * 7 + kFirstMonday + window.iso_weekday - 1) * kDay_s + window.at_s;
    case WindowKind::kShift: {
      const auto shifts = static_cast<int64_t>(window.starts_s.size());
      const int64_t day = FloorDiv(number, shifts);
      return day * kDay_s + window.starts_s[static_cast<size_t>(number - day * shifts)];
    }
    default: {
      const Months months = MonthsOf(window);
      return AnchorDay(months.first + number * months.step, window.anchor_day) * kDay_s + window.at_s;
    }
  }
}

// The last window whose local start is not after `local_s`.
int64_t NumberAt(const Window& window, int64_t local_s) {
  const int64_t day = FloorDiv(local_s - window.at_s, kDay_s);
  switch (window.kind) {
    case WindowKind::kDaily:
      return day;
    case WindowKind::kWeekly:
      return FloorDiv(day - kFirstMonday - (window.iso_weekday - 1), 7);
    case WindowKind::kShift: {
      const auto& starts_s = window.starts_s;
      const auto begun = std::upper_bound(starts_s.begin(), starts_s.end(), local_s - day * kDay_s) - starts_s.begin();
      return day * static_cast<int64_t>(starts_s.size()) + begun - 1;
    }
    default: {
      const Months months = MonthsOf(window);
      const int64_t number = FloorDiv(MonthOf(day) - months.first, months.step);
      return day < AnchorDay(months.first + number * months.step, window.anchor_day) ? number - 1 : number;
    }
  }
}

Bounds CalendarBounds(const Window& window, int64_t at_s) {
  const auto start_of = [&](int64_t number) { return window.zone->FirstInstant(LocalStart_s(window, number)); };
  // The local clock shows this window's start or later, so it has begun. So may have later ones: where the clock goes
  // back it shows again what was before them.
  int64_t number = NumberAt(window, at_s + window.zone->OffsetAt(at_s));
  int64_t start_s = start_of(number);
  int64_t end_s = start_of(number + 1);
  while (end_s <= at_s) {
    start_s = end_s;
    end_s = start_of(++number + 1);
  }
  return {start_s * 1000, end_s * 1000};
}

bool InRange(int32_t value, int32_t least, int32_t greatest) { return least <= value && value <= greatest; }

absl::Status ValidateShifts(const std::vector<int32_t>& starts_s) {
  if (starts_s.empty() || starts_s.size() > kMaxShifts) {
    return absl::InvalidArgumentError("window.starts: not 1 to 48 times of day");
  }
  if (std::adjacent_find(starts_s.begin(), starts_s.end(), std::greater_equal<>()) != starts_s.end()) {
    return absl::InvalidArgumentError("window.starts: not ascending, or a time of day stands twice");
  }
  if (starts_s.front() < 0 || starts_s.back() >= kDay_s) {
    return absl::InvalidArgumentError("window.starts: not within a day");
  }
  return absl::OkStatus();
}

absl::Status ValidateLength(int64_t length_ms) {
  if (length_ms < kMinRolling_ms || length_ms > kMaxRolling_ms) {
    return absl::InvalidArgumentError("window.length: not from a minute to 366 days");
  }
  if (length_ms % kRollingSlots != 0) return absl::InvalidArgumentError("window.length: not a multiple of 60 ms");
  return absl::OkStatus();
}

}  // namespace

absl::Status Window::Validate() const {
  if (kind < WindowKind::kDaily || kind > WindowKind::kSession) {
    return absl::InvalidArgumentError("window.kind: unknown");
  }
  if (!InRange(anchor_day, 1, 31)) return absl::InvalidArgumentError("window.anchor_day: not in [1, 31]");
  if (!InRange(anchor_month, 1, 12)) return absl::InvalidArgumentError("window.anchor_month: not in [1, 12]");
  if (!InRange(iso_weekday, 1, 7)) return absl::InvalidArgumentError("window.iso_weekday: not in [1, 7]");
  if (!InRange(at_s, 0, kDay_s - 1)) return absl::InvalidArgumentError("window.at_time: not within a day");
  if (kind == WindowKind::kShift) {
    TF_RETURN_IF_ERROR(ValidateShifts(starts_s));
    if (at_s != 0) return absl::InvalidArgumentError("window.at_time: a shift window begins at its starts");
  } else if (!starts_s.empty()) {
    return absl::InvalidArgumentError("window.starts: belongs to a shift window");
  }
  if (kind == WindowKind::kRolling) {
    TF_RETURN_IF_ERROR(ValidateLength(length_ms));
  } else if (length_ms != 0) {
    return absl::InvalidArgumentError("window.length: belongs to a rolling window");
  }
  if (zone == nullptr) return absl::InvalidArgumentError("window.tz: missing");
  return zone->Validate();
}

Bounds Window::BoundsAt(int64_t at_ms) const {
  switch (kind) {
    case WindowKind::kLifetime:
    case WindowKind::kSession:
      return {0, kNever};
    case WindowKind::kRolling: {
      const int64_t slot_ms = length_ms / kRollingSlots;
      const int64_t start_ms = FloorDiv(at_ms, slot_ms) * slot_ms;
      return {start_ms, start_ms + slot_ms};
    }
    default:
      return CalendarBounds(*this, FloorDiv(at_ms, 1000));
  }
}

bool operator==(const Window& left, const Window& right) {
  const auto fields = [](const Window& window) {
    return std::tie(window.kind, window.anchor_day, window.anchor_month, window.iso_weekday, window.at_s,
                    window.starts_s, window.length_ms);
  };
  if (fields(left) != fields(right)) return false;
  return left.zone == right.zone || (left.zone != nullptr && right.zone != nullptr && *left.zone == *right.zone);
}

}  // namespace tokenfoundry::ledger
