#include "tokenfoundry/ledger/selector_index.h"

#include <optional>
#include <set>

namespace tokenfoundry::ledger {
namespace {

// Those with the most different values first.
constexpr Axis kTelling[] = {Axis::kSession, Axis::kKey,   Axis::kConsumer, Axis::kProject,   Axis::kIntent,
                             Axis::kAlias,   Axis::kModel, Axis::kRegion,   Axis::kWorkspace, Axis::kEnv};

std::optional<size_t> AxisToFileUnder(const Selector& selector) {
  for (const Axis axis : kTelling) {
    const std::vector<std::string>& values = selector.match[static_cast<size_t>(axis)];
    if (!values.empty() && std::count(values.begin(), values.end(), kAnyValue) == 0) return static_cast<size_t>(axis);
  }
  return std::nullopt;
}

}  // namespace

SelectorIndex::SelectorIndex(std::vector<Selector> selectors) : selectors_(std::move(selectors)) {
  for (uint32_t i = 0; i < selectors_.size(); ++i) {
    const std::optional<size_t> axis = AxisToFileUnder(selectors_[i]);
    if (!axis) {
      others_.push_back(i);
      continue;
    }
    const std::vector<std::string>& values = selectors_[i].match[*axis];
    for (const std::string& value : std::set<std::string>(values.begin(), values.end())) {
      filed_[*axis][value].push_back(i);
    }
  }
}

std::vector<uint32_t> SelectorIndex::Matching(const Axes& axes) const {
  std::vector<uint32_t> matching;
  const auto add = [&](const std::vector<uint32_t>& candidates) {
    for (const uint32_t i : candidates) {
      if (selectors_[i].Matches(axes)) matching.push_back(i);
    }
  };
  add(others_);
  for (size_t axis = 0; axis < kAxes; ++axis) {
    if (filed_[axis].empty()) continue;
    const auto found = filed_[axis].find(axes[axis]);
    if (found != filed_[axis].end()) add(found->second);
  }
  std::sort(matching.begin(), matching.end());
  return matching;
}

}  // namespace tokenfoundry::ledger
