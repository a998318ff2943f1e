// A ledger on a directory of its own, with the clock in the test's hand.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/cpp/store/temp_directory.h"
#include "tokenfoundry/ledger/ledger.h"

namespace tokenfoundry::ledger {

constexpr int64_t kDay_ms = 86'400'000;
constexpr int64_t kSessionIdle_ms = 1'800'000;
constexpr int64_t kStart_ms = 20'500 * kDay_ms;  // A midnight, UTC.

inline std::shared_ptr<const Zone> Utc() {
  auto zone = std::make_shared<Zone>();
  zone->name = "UTC";
  zone->transitions = {{0, 0}};
  return zone;
}

inline Budget BudgetOf(const std::string& name, int64_t hard, Unit unit = Unit::kTokens,
                       WindowKind kind = WindowKind::kDaily) {
  Budget budget;
  budget.name = name;
  budget.unit = unit;
  budget.window.kind = kind;
  budget.window.zone = Utc();
  budget.hard = hard;
  return budget;
}

inline Budget Matching(Budget budget, Axis axis, std::vector<std::string> values) {
  budget.calls.match[static_cast<size_t>(axis)] = std::move(values);
  return budget;
}

inline Amounts Tokens(int64_t tokens) { return {0, tokens, 0, 0, 0, 0}; }

inline Axes Project(const std::string& project, const std::string& key = "") {
  Axes axes;
  axes[static_cast<size_t>(Axis::kProject)] = project;
  axes[static_cast<size_t>(Axis::kKey)] = key;
  return axes;
}

class LedgerTest : public ::testing::Test {
 protected:
  void SetUp() override { Reopen(); }

  void Close() {
    ledger_.reset();
    store_.reset();
  }

  void Reopen(uint64_t write_buffer_bytes = 8 << 20) {
    Close();
    store::StoreOptions options;
    options.path = directory_ / "books";
    options.families = Ledger::Families();
    options.write_buffer_bytes = write_buffer_bytes;
    auto store = store::Store::Open(options);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    auto ledger = Ledger::Open({store_.get(), nullptr, now_ms_, kSessionIdle_ms});
    ASSERT_TRUE(ledger.ok()) << ledger.status();
    ledger_ = *std::move(ledger);
  }

  void SetBudgets(const std::vector<Budget>& budgets) {
    const auto set = ledger_->SetBudgets(budgets, now_ms_);
    ASSERT_TRUE(set.ok()) << set.status();
  }

  absl::StatusOr<Reserved> Reserve(const std::string& id, const Amounts& amounts, const Axes& axes = {}) {
    return ledger_->Reserve({id, amounts, axes, std::nullopt, now_ms_, "detail of " + id});
  }
  bool Admits(const std::string& id, const Amounts& amounts, const Axes& axes = {}) {
    const auto reserved = Reserve(id, amounts, axes);
    EXPECT_TRUE(reserved.ok()) << reserved.status();
    return reserved.ok() && std::holds_alternative<Hold>(reserved->outcome);
  }
  Refusal RefusalOf(const std::string& id, const Amounts& amounts, const Axes& axes = {}) {
    const auto reserved = Reserve(id, amounts, axes);
    EXPECT_TRUE(reserved.ok()) << reserved.status();
    EXPECT_TRUE(std::holds_alternative<Refusal>(reserved->outcome)) << id << " was admitted";
    return std::get<Refusal>(reserved->outcome);
  }
  absl::StatusOr<Posted> Record(const std::string& id, const Amounts& amounts, const Axes& axes = {},
                                std::optional<int64_t> at_ms = std::nullopt) {
    return ledger_->Record({id, EntryKind::kHit, amounts, {}, axes, at_ms, now_ms_, ""});
  }
  absl::StatusOr<Posted> Settle(const std::string& id, const Amounts& amounts) {
    return ledger_->Settle({id, amounts, {}, 0, std::nullopt, now_ms_});
  }

  Balance BalanceOf(const std::string& budget, const std::vector<std::string>& each = {}) {
    const auto balances = ledger_->Balances(now_ms_);
    EXPECT_TRUE(balances.ok()) << balances.status();
    for (const Balance& balance : *balances) {
      std::vector<std::string> values;
      for (const auto& [axis, value] : balance.each) values.push_back(value);
      if (balance.budget == budget && values == each) return balance;
    }
    ADD_FAILURE() << "no balance of " << budget;
    return {};
  }

  TempDirectory directory_;
  int64_t now_ms_ = kStart_ms;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Ledger> ledger_;
};

}  // namespace tokenfoundry::ledger
