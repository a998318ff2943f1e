#include "tokenfoundry/ledger/budget.h"

#include <algorithm>

namespace tokenfoundry::ledger {
namespace {

absl::Status ValidateBurst(const Burst& burst) {
  if (burst.size < 0) return absl::InvalidArgumentError("burst.size: negative");
  if (burst.refill < 0) return absl::InvalidArgumentError("burst.refill: negative");
  if (burst.refill_every_ms < 1) return absl::InvalidArgumentError("burst.refill_every: not positive");
  if (burst.max_per_window < 0) return absl::InvalidArgumentError("burst.max_per_window: negative");
  return absl::OkStatus();
}

absl::Status ValidateLevels(const std::vector<Level>& levels) {
  for (size_t i = 0; i < levels.size(); ++i) {
    if (levels[i].amount <= 0) return absl::InvalidArgumentError("levels: " + levels[i].name + " is not positive");
    if (i > 0 && levels[i].amount < levels[i - 1].amount) return absl::InvalidArgumentError("levels: not ascending");
  }
  return absl::OkStatus();
}

bool Ends(WindowKind kind) {
  return kind != WindowKind::kLifetime && kind != WindowKind::kSession && kind != WindowKind::kRolling;
}

absl::Status ValidateCaps(const Budget& budget) {
  if (budget.hard < 0) return absl::InvalidArgumentError("hard: negative");
  if (budget.prepaid) {
    const bool is_plain = budget.hard == kNoCap && budget.burst.size == 0 && budget.at_cap == AtCap::kReject;
    if (!is_plain)
      return absl::InvalidArgumentError("prepaid: its cap is its grants, so hard, burst and at_cap have no place");
    if (budget.window.kind != WindowKind::kLifetime)
      return absl::InvalidArgumentError("prepaid: its window is lifetime");
  }
  if (budget.hard == kNoCap && (budget.burst.size > 0 || budget.at_cap != AtCap::kReject)) {
    return absl::InvalidArgumentError("burst and at_cap: there is no hard cap");
  }
  if (budget.at_cap == AtCap::kThrottle) {
    if (!Ends(budget.window.kind) && budget.window.kind != WindowKind::kRolling) {
      return absl::InvalidArgumentError("at_cap: a window that does not end cannot be throttled");
    }
    if (budget.throttle_from < 0 || budget.throttle_from > budget.hard) {
      return absl::InvalidArgumentError("throttle_from: not between 0 and hard");
    }
  } else if (budget.throttle_from != 0) {
    return absl::InvalidArgumentError("throttle_from: the budget does not throttle");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Budget::Validate() const {
  if (name.empty() || name.size() > 256) return absl::InvalidArgumentError("name: not 1 to 256 bytes");
  const auto check = [&]() -> absl::Status {
    if (static_cast<size_t>(unit) >= kUnits) return absl::InvalidArgumentError("unit: unknown");
    if (mode != Mode::kEnforce && mode != Mode::kTrack) return absl::InvalidArgumentError("mode: unknown");
    if (at_cap < AtCap::kReject || at_cap > AtCap::kDowngrade) return absl::InvalidArgumentError("at_cap: unknown");
    TF_RETURN_IF_ERROR(calls.Validate());
    TF_RETURN_IF_ERROR(window.Validate());
    TF_RETURN_IF_ERROR(ValidateBurst(burst));
    TF_RETURN_IF_ERROR(ValidateLevels(levels));
    if (window.kind == WindowKind::kSession && std::count(calls.each.begin(), calls.each.end(), Axis::kSession) == 0) {
      return absl::InvalidArgumentError("each: a session window needs the axis session");
    }
    return ValidateCaps(*this);
  }();
  return check.ok() ? check
                    : absl::InvalidArgumentError("budget " + name + ": " + std::string(StdView(check.message())));
}

bool Budget::CountsLike(const Budget& other) const {
  return calls == other.calls && unit == other.unit && window == other.window && prepaid == other.prepaid;
}

}  // namespace tokenfoundry::ledger
