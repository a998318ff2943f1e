#include "tokenfoundry/ledger/budget.h"

#include <algorithm>
#include <set>

namespace tokenfoundry::ledger {
namespace {

constexpr std::string_view kAnyValue = "*";

bool Allows(const std::vector<std::string>& values, const std::string& value) {
  if (values.empty()) return true;
  return std::any_of(values.begin(), values.end(), [&](const std::string& allowed) {
    return allowed == kAnyValue ? !value.empty() : allowed == value;
  });
}

}  // namespace

absl::Status Budget::Validate() const {
  if (name.empty() || name.size() > 256) return absl::InvalidArgumentError("name: not 1 to 256 bytes");
  const std::string where = "budget " + name + ": ";
  if (hard < 0) return absl::InvalidArgumentError(where + "hard: negative");
  if (static_cast<size_t>(unit) >= kUnits) return absl::InvalidArgumentError(where + "unit: unknown");
  if (mode != Mode::kEnforce && mode != Mode::kTrack) return absl::InvalidArgumentError(where + "mode: unknown");
  if (std::set<Axis>(each.begin(), each.end()).size() != each.size()) {
    return absl::InvalidArgumentError(where + "each: an axis stands twice");
  }
  for (const Axis axis : each) {
    if (static_cast<size_t>(axis) >= kAxes) return absl::InvalidArgumentError(where + "each: unknown axis");
  }
  const absl::Status window_status = window.Validate();
  return window_status.ok() ? window_status
                            : absl::InvalidArgumentError(where + std::string(StdView(window_status.message())));
}

bool Budget::Matches(const Axes& axes) const {
  for (size_t i = 0; i < kAxes; ++i) {
    if (!Allows(match[i], axes[i])) return false;
  }
  return true;
}

bool Budget::CountsLike(const Budget& other) const {
  return match == other.match && each == other.each && unit == other.unit && window.kind == other.window.kind &&
         window.anchor_day == other.window.anchor_day && *window.zone == *other.window.zone;
}

}  // namespace tokenfoundry::ledger
