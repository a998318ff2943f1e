#include <thread>

#include "tests/cpp/ledger/ledger_fixture.h"

namespace tokenfoundry::ledger {
namespace {

class BudgetsTest : public LedgerTest {
 protected:
  void Spend(const std::string& id, int64_t tokens, const Axes& axes = {}) {
    ASSERT_TRUE(Admits(id, Tokens(tokens), axes));
    ASSERT_TRUE(Settle(id, Tokens(tokens)).ok());
  }
};

TEST_F(BudgetsTest, ALoweredCapShowsHowFarItIsPassedAndAdmitsNothing) {
  SetBudgets({BudgetOf("cap", 100)});
  Spend("a", 60);
  ASSERT_TRUE(Admits("b", Tokens(20)));
  SetBudgets({BudgetOf("cap", 50)});
  EXPECT_EQ(BalanceOf("cap").over_by, 30);
  EXPECT_EQ(BalanceOf("cap").left, 0);
  EXPECT_EQ(RefusalOf("c", Tokens(1)).cause, RefusalCause::kExhausted);
  ASSERT_TRUE(Settle("b", Tokens(5)).ok());
  EXPECT_EQ(BalanceOf("cap").used, 65);
}

TEST_F(BudgetsTest, ANewBudgetCountsWhatItsWindowAndTheOpenHoldsAlreadyHold) {
  Spend("yesterday", 1);
  now_ms_ += kDay_ms;
  Spend("a", 10, Project("claims"));
  Spend("b", 20, Project("sales"));
  ASSERT_TRUE(Admits("c", Tokens(5), Project("claims")));
  Budget each = BudgetOf("each", 100);
  each.calls.each = {Axis::kProject};
  SetBudgets({BudgetOf("daily", 100), BudgetOf("ever", 100, Unit::kTokens, WindowKind::kLifetime), each});
  EXPECT_EQ(BalanceOf("daily").used, 30);
  EXPECT_EQ(BalanceOf("daily").held, 5);
  EXPECT_EQ(BalanceOf("ever").used, 31);
  EXPECT_EQ(BalanceOf("each", {"claims"}).used, 10);
  EXPECT_EQ(BalanceOf("each", {"claims"}).held, 5);
  EXPECT_EQ(BalanceOf("each", {"sales"}).used, 20);
  EXPECT_TRUE(ledger_->Check().ok());
  ASSERT_TRUE(Settle("c", Tokens(5)).ok());
  EXPECT_EQ(BalanceOf("daily").used, 35);
}

TEST_F(BudgetsTest, RemovedAndAddedAgainItHasLostNothing) {
  SetBudgets({BudgetOf("cap", 100)});
  Spend("a", 10);
  SetBudgets({});
  Spend("b", 20);
  SetBudgets({BudgetOf("cap", 100)});
  EXPECT_EQ(BalanceOf("cap").used, 30);
  EXPECT_TRUE(ledger_->Check().ok());
}

TEST_F(BudgetsTest, ABudgetThatNowCountsOtherwiseCountsAnew) {
  SetBudgets({BudgetOf("cap", 100)});
  Spend("a", 10, Project("claims"));
  Spend("b", 20, Project("sales"));
  SetBudgets({Matching(BudgetOf("cap", 100), Axis::kProject, {"sales", "claims2"})});
  EXPECT_EQ(BalanceOf("cap").used, 20);
  SetBudgets({BudgetOf("cap", 100, Unit::kImages)});
  EXPECT_EQ(BalanceOf("cap").used, 0);
  EXPECT_TRUE(ledger_->Check().ok());
}

TEST_F(BudgetsTest, AnOlderWindowIsSummedFromTheEntriesWhenItIsFirstAskedFor) {
  Spend("a", 10);
  now_ms_ += kDay_ms;
  SetBudgets({BudgetOf("daily", 15)});
  EXPECT_EQ(BalanceOf("daily").used, 0);
  // A call that began yesterday, under a budget made today.
  const auto late = ledger_->Reserve({"late", Tokens(6), {}, kStart_ms + 5, now_ms_, ""});
  EXPECT_EQ(std::get<Refusal>(late->outcome).used, 10);
  now_ms_ -= kDay_ms;
  EXPECT_EQ(BalanceOf("daily").used, 10);
  EXPECT_TRUE(ledger_->Check().ok());
}

TEST_F(BudgetsTest, TheSetIsKeptInItsOrderAcrossReopenings) {
  SetBudgets({BudgetOf("z", 1), Matching(BudgetOf("a", 2), Axis::kEnv, {"*", "prod"}), BudgetOf("m", 3)});
  Reopen();
  const std::vector<Budget> budgets = ledger_->Budgets();
  ASSERT_EQ(budgets.size(), 3u);
  EXPECT_EQ(budgets[0].name, "z");
  EXPECT_EQ(budgets[1].name, "a");
  EXPECT_EQ(budgets[1].calls.match[static_cast<size_t>(Axis::kEnv)], (std::vector<std::string>{"*", "prod"}));
  EXPECT_EQ(budgets[2].hard, 3);
}

TEST_F(BudgetsTest, ReplacedWhileCallsAreUnderWayTheNewSetHoldsWhatTheyHold) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 100; ++i) {
        const std::string id = std::to_string(thread) + "/" + std::to_string(i);
        if (Admits(id, Tokens(3), Project(thread % 2 == 0 ? "claims" : "sales"))) {
          EXPECT_TRUE(Settle(id, Tokens(2)).ok());
        }
      }
    });
  }
  for (int i = 0; i < 30; ++i) {
    SetBudgets({BudgetOf("cap", 100 + i),
                Matching(BudgetOf("other", 1000), Axis::kProject, {i % 2 == 0 ? "claims" : "sales"})});
  }
  for (std::thread& thread : threads) thread.join();
  const Balance balance = BalanceOf("cap");
  EXPECT_EQ(balance.held, 0);
  EXPECT_EQ(balance.used, static_cast<int64_t>(ledger_->size()) * 2);
  EXPECT_TRUE(ledger_->Check().ok());
}

TEST_F(BudgetsTest, MoreAccountsThanStayInMemoryAreReadBackFromDisk) {
  Budget each = BudgetOf("each", 10);
  each.calls.each = {Axis::kKey};
  SetBudgets({each});
  ASSERT_TRUE(Admits("open", Tokens(4), Project("p", "key 0")));
  constexpr int kKeys = 66'000;
  for (int i = 0; i < kKeys; ++i) {
    const std::string number = std::to_string(i);
    ASSERT_TRUE(Record(number, Tokens(5), Project("p", "key " + number)).ok());
  }
  EXPECT_EQ(RefusalOf("a", Tokens(6), Project("p", "key 7")).used, 5);
  EXPECT_EQ(RefusalOf("a", Tokens(6), Project("p", "key 0")).held, 4);
  ASSERT_TRUE(Settle("open", Tokens(5)).ok());
  EXPECT_EQ(RefusalOf("a", Tokens(1), Project("p", "key 0")).used, 10);
}

TEST_F(BudgetsTest, RefusesASetItCannotMean) {
  EXPECT_FALSE(ledger_->SetBudgets({BudgetOf("a", 1), BudgetOf("a", 2)}, now_ms_).ok());
  EXPECT_FALSE(ledger_->SetBudgets({BudgetOf("", 1)}, now_ms_).ok());
  EXPECT_FALSE(ledger_->SetBudgets({BudgetOf("a", -1)}, now_ms_).ok());
  Budget twice = BudgetOf("a", 1);
  twice.calls.each = {Axis::kKey, Axis::kKey};
  EXPECT_FALSE(ledger_->SetBudgets({twice}, now_ms_).ok());
  EXPECT_TRUE(ledger_->Budgets().empty());
}

}  // namespace
}  // namespace tokenfoundry::ledger
