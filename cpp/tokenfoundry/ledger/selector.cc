#include "tokenfoundry/ledger/selector.h"

#include <algorithm>
#include <set>

namespace tokenfoundry::ledger {
namespace {

bool Allows(const std::vector<std::string>& values, const std::string& value) {
  if (values.empty()) return true;
  return std::any_of(values.begin(), values.end(), [&](const std::string& allowed) {
    return allowed == kAnyValue ? !value.empty() : allowed == value;
  });
}

}  // namespace

absl::Status Selector::Validate() const {
  for (const Axis axis : each) {
    if (static_cast<size_t>(axis) >= kAxes) return absl::InvalidArgumentError("each: unknown axis");
  }
  if (std::set<Axis>(each.begin(), each.end()).size() != each.size()) {
    return absl::InvalidArgumentError("each: an axis stands twice");
  }
  return absl::OkStatus();
}

bool Selector::Matches(const Axes& axes) const {
  for (size_t i = 0; i < kAxes; ++i) {
    if (!Allows(match[i], axes[i])) return false;
  }
  return true;
}

}  // namespace tokenfoundry::ledger
