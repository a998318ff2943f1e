#include "tokenfoundry/ledger/zone.h"

#include <algorithm>
#include <cstdlib>

namespace tokenfoundry::ledger {
namespace {

constexpr int64_t kDay_s = 86'400;

// The transition after the one in force at `utc_s`.
std::vector<Transition>::const_iterator NextAfter(const std::vector<Transition>& transitions, int64_t utc_s) {
  return std::upper_bound(transitions.begin(), transitions.end(), utc_s,
                          [](int64_t at_s, const Transition& transition) { return at_s < transition.at_s; });
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
  const auto after = NextAfter(transitions, utc_s);
  return after == transitions.begin() ? transitions.front().offset_s : (after - 1)->offset_s;
}

int64_t Zone::FirstInstant(int64_t local_s) const {
  // No offset exceeds a day, so what ended before local_s - 1 day showed only earlier local times.
  auto regime = NextAfter(transitions, local_s - kDay_s);
  if (regime != transitions.begin()) --regime;
  for (;; ++regime) {
    const int64_t begin_s = regime == transitions.begin() ? INT64_MIN : regime->at_s;
    const int64_t instant_s = std::max(begin_s, local_s - regime->offset_s);
    if (regime + 1 == transitions.end() || instant_s < (regime + 1)->at_s) return instant_s;
  }
}

}  // namespace tokenfoundry::ledger
