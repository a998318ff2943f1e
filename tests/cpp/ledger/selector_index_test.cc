#include "tokenfoundry/ledger/selector_index.h"

#include <gtest/gtest.h>

#include <random>

namespace tokenfoundry::ledger {
namespace {

TEST(SelectorIndex, FindsWhatLookingAtEachSelectorFinds) {
  std::mt19937 random(7);
  const auto one_of = [&](int count) { return std::string(1, static_cast<char>('a' + random() % count)); };
  for (int round = 0; round < 200; ++round) {
    std::vector<Selector> selectors(random() % 30);
    for (Selector& selector : selectors) {
      for (size_t axis = 0; axis < kAxes; ++axis) {
        if (random() % 4 != 0) continue;
        for (int values = 1 + static_cast<int>(random() % 3); values > 0; --values) {
          selector.match[axis].push_back(random() % 5 == 0 ? std::string(kAnyValue) : one_of(3));
        }
      }
    }
    const SelectorIndex index(selectors);
    for (int call = 0; call < 20; ++call) {
      Axes axes;
      for (std::string& value : axes) value = random() % 3 == 0 ? "" : one_of(3);
      std::vector<uint32_t> expected;
      for (uint32_t i = 0; i < selectors.size(); ++i) {
        if (selectors[i].Matches(axes)) expected.push_back(i);
      }
      ASSERT_EQ(index.Matching(axes), expected);
    }
  }
}

}  // namespace
}  // namespace tokenfoundry::ledger
