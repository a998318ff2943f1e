// Grants: what is spent first, what a hold sets aside, and what happens when one ends.
#include "tests/cpp/ledger/ledger_fixture.h"

namespace tokenfoundry::ledger {
namespace {

constexpr int64_t kHour = 3'600'000;

class PrepaidTest : public LedgerTest {
 protected:
  void SetUp() override {
    LedgerTest::SetUp();
    Budget budget = BudgetOf("purse", kNoCap, Unit::kTokens, WindowKind::kLifetime);
    budget.prepaid = true;
    SetBudgets({budget});
  }
  uint64_t Grant(const std::string& id, int64_t amount, int64_t until_ms = kNever, int32_t priority = 0) {
    Change grant;
    grant.kind = ChangeKind::kGrant;
    grant.budget = "purse";
    grant.amount = amount;
    grant.until_ms = until_ms;
    grant.priority = priority;
    grant.price_nano = 10'000'000'000;
    grant.price_currency = "EUR";
    grant.actor = "billing";
    const auto granted = ledger_->Apply({id, grant, now_ms_});
    EXPECT_TRUE(granted.ok()) << granted.status();
    return granted->entry.seq;
  }
  absl::StatusOr<Posted> Adjust(const std::string& id, uint64_t of, int64_t tokens) {
    return ledger_->Adjust({id, of, Tokens(tokens), {}, "anna", "", "", now_ms_});
  }
  std::vector<int64_t> Spent() {
    std::vector<int64_t> spent;
    for (const auto& grant : ledger_->Grants()) spent.push_back(grant.spent);
    return spent;
  }
};

TEST_F(PrepaidTest, NothingIsAdmittedWithoutAGrantAndNothingBeyondIt) {
  EXPECT_EQ(RefusalOf("a", Tokens(1)).cause, RefusalCause::kExhausted);
  Grant("top-up", 100);
  Grant("top-up", 100);  // The same one.
  EXPECT_EQ(BalanceOf("purse").left, 100);
  EXPECT_EQ(RefusalOf("a", Tokens(101)).cause, RefusalCause::kExhausted);
  ASSERT_TRUE(Admits("a", Tokens(100)));
  EXPECT_EQ(RefusalOf("b", Tokens(1)).cause, RefusalCause::kHeld);
  ASSERT_TRUE(Settle("a", Tokens(60)).ok());
  EXPECT_TRUE(Admits("b", Tokens(40)));
  ASSERT_TRUE(Settle("b", Tokens(40)).ok());
  EXPECT_EQ(RefusalOf("c", Tokens(1)).cause, RefusalCause::kExhausted);
  Grant("second", 5);
  EXPECT_TRUE(Admits("c", Tokens(5)));
}

TEST_F(PrepaidTest, GrantsAreSpentByPriorityThenByEndThenByAge) {
  Grant("late", 10, kStart_ms + 48 * kHour);
  Grant("soon", 10, kStart_ms + 24 * kHour);
  Grant("first", 10, kNever, -1);
  Grant("twin", 10, kStart_ms + 48 * kHour);
  ASSERT_TRUE(Admits("a", Tokens(25)));
  const Entry entry = Settle("a", Tokens(25))->entry;
  EXPECT_EQ(Spent(), (std::vector<int64_t>{5, 10, 10, 0}));
  EXPECT_EQ(entry.burns, (std::vector<Burn>{{2, 10}, {1, 10}, {0, 5}}));
  Reopen();
  ASSERT_TRUE(Record("b", Tokens(10)).ok());
  EXPECT_EQ(Spent(), (std::vector<int64_t>{10, 10, 10, 5}));
  EXPECT_TRUE(ledger_->Check().ok()) << ledger_->Check();
}

TEST_F(PrepaidTest, AHoldKeepsItsGrantWhenTheGrantEnds) {
  Grant("ending", 10, kStart_ms + kHour);
  Grant("staying", 5);
  ASSERT_TRUE(Admits("a", Tokens(10)));
  now_ms_ = kStart_ms + 2 * kHour;
  EXPECT_EQ(BalanceOf("purse").left, 5);
  ASSERT_TRUE(Admits("b", Tokens(5)));
  EXPECT_EQ(RefusalOf("c", Tokens(1)).cause, RefusalCause::kHeld);
  ASSERT_TRUE(Settle("a", Tokens(8)).ok());
  EXPECT_EQ(RefusalOf("c", Tokens(1)).cause, RefusalCause::kHeld);  // The rest of the first has ended.
  EXPECT_EQ(Spent(), (std::vector<int64_t>{8, 0}));
}

TEST_F(PrepaidTest, WhatExceedsAHoldIsADebtThatTheNextGrantPays) {
  Grant("small", 10);
  ASSERT_TRUE(Admits("a", Tokens(10)));
  ASSERT_TRUE(Settle("a", Tokens(14)).ok());
  EXPECT_EQ(BalanceOf("purse").left, 0);
  Grant("next", 10);
  EXPECT_EQ(BalanceOf("purse").left, 6);
  EXPECT_EQ(RefusalOf("b", Tokens(7)).cause, RefusalCause::kExhausted);
  EXPECT_TRUE(Admits("b", Tokens(6)));
}

TEST_F(PrepaidTest, ARefundGoesBackToTheGrantsThatPaid) {
  Grant("one", 10);
  Grant("two", 10);
  ASSERT_TRUE(Admits("a", Tokens(15)));
  const Entry entry = Settle("a", Tokens(15))->entry;
  ASSERT_TRUE(ledger_->Adjust({"refund", entry.seq, Tokens(-7), {}, "anna", "", "", now_ms_}).ok());
  EXPECT_EQ(Spent(), (std::vector<int64_t>{8, 0}));
  EXPECT_EQ(BalanceOf("purse").left, 12);
  EXPECT_TRUE(ledger_->Check().ok()) << ledger_->Check();
}

TEST_F(PrepaidTest, ADebtIsPaidOnce) {
  Grant("first", 10, kStart_ms + kHour);
  ASSERT_TRUE(Admits("a", Tokens(10)));
  ASSERT_TRUE(Settle("a", Tokens(60)).ok());
  now_ms_ = kStart_ms + 2 * kHour;
  Grant("second", 100, kStart_ms + 3 * kHour);
  EXPECT_EQ(ledger_->EntryOf("second")->value().burns, (std::vector<Burn>{{0, -50}, {2, 50}}));
  EXPECT_EQ(Spent(), (std::vector<int64_t>{10, 50}));
  EXPECT_EQ(BalanceOf("purse").left, 50);
  ASSERT_TRUE(Admits("b", Tokens(50)));
  ASSERT_TRUE(Settle("b", Tokens(50)).ok());
  now_ms_ = kStart_ms + 4 * kHour;
  Grant("third", 100);
  EXPECT_EQ(BalanceOf("purse").left, 100);
  Reopen();
  EXPECT_EQ(BalanceOf("purse").left, 100);
  EXPECT_EQ(Spent(), (std::vector<int64_t>{10, 100, 0}));
  EXPECT_TRUE(ledger_->Check().ok()) << ledger_->Check();
}

TEST_F(PrepaidTest, ADebtGreaterThanTheNextGrantIsPaidByAllThatFollow) {
  Grant("first", 10);
  ASSERT_TRUE(Record("a", Tokens(60)).ok());
  Grant("second", 20);
  EXPECT_EQ(Spent(), (std::vector<int64_t>{40, 20}));
  EXPECT_EQ(BalanceOf("purse").left, 0);
  Grant("third", 50);
  EXPECT_EQ(Spent(), (std::vector<int64_t>{10, 20, 30}));
  EXPECT_EQ(BalanceOf("purse").left, 20);
  EXPECT_TRUE(ledger_->Check().ok()) << ledger_->Check();
}

TEST_F(PrepaidTest, WhatIsRefundedOfAPaidDebtGoesBackToTheGrantThatPaidIt) {
  Grant("first", 10, kStart_ms + kHour);
  const Entry entry = Record("a", Tokens(60))->entry;
  now_ms_ = kStart_ms + 2 * kHour;
  Grant("second", 30);
  Grant("third", 100);
  EXPECT_EQ(Spent(), (std::vector<int64_t>{10, 30, 20}));
  ASSERT_TRUE(Adjust("some", entry.seq, -25).ok());
  EXPECT_EQ(Spent(), (std::vector<int64_t>{10, 25, 0}));
  Reopen();
  ASSERT_TRUE(Adjust("more", entry.seq, 15).ok());  // Of the call's time, when only the first could be used.
  ASSERT_TRUE(Adjust("all", entry.seq, -50).ok());
  EXPECT_EQ(Spent(), (std::vector<int64_t>{0, 0, 0}));
  EXPECT_EQ(BalanceOf("purse").left, 130);
  EXPECT_TRUE(ledger_->Check().ok()) << ledger_->Check();
}

TEST_F(PrepaidTest, LateUsageThatIsTakenBackGivesItsUnitsBack) {
  Grant("one", 100);
  const Entry entry = Record("a", Tokens(0))->entry;
  ASSERT_TRUE(Adjust("late", entry.seq, 20).ok());
  EXPECT_EQ(Spent(), (std::vector<int64_t>{20}));
  Reopen();
  ASSERT_TRUE(Adjust("wrong", entry.seq, -20).ok());
  EXPECT_EQ(Spent(), (std::vector<int64_t>{0}));
  EXPECT_EQ(BalanceOf("purse").left, 100);
  EXPECT_TRUE(ledger_->Check().ok()) << ledger_->Check();
}

TEST_F(PrepaidTest, ASecondRefundGoesOnWhereTheFirstEnded) {
  Grant("one", 10);
  Grant("two", 200);
  const Entry entry = Record("a", Tokens(30))->entry;
  ASSERT_TRUE(Record("b", Tokens(100)).ok());
  EXPECT_EQ(Spent(), (std::vector<int64_t>{10, 120}));
  ASSERT_TRUE(Adjust("some", entry.seq, -20).ok());
  EXPECT_EQ(Spent(), (std::vector<int64_t>{10, 100}));
  ASSERT_TRUE(Adjust("rest", entry.seq, -10).ok());
  EXPECT_EQ(Spent(), (std::vector<int64_t>{0, 100}));
  EXPECT_TRUE(ledger_->Check().ok()) << ledger_->Check();
}

TEST_F(PrepaidTest, WhatWasUsedBeforeTheFirstGrantIsNotCharged) {
  ASSERT_TRUE(Admits("a", {0, 0, 1, 0, 0, 0}));
  ASSERT_TRUE(Settle("a", {0, 1000, 1, 0, 0, 0}).ok());
  Grant("first", 100);
  EXPECT_EQ(Spent(), (std::vector<int64_t>{0}));
  EXPECT_EQ(BalanceOf("purse").left, 100);
  EXPECT_TRUE(ledger_->Check().ok()) << ledger_->Check();
}

TEST_F(PrepaidTest, AnOpenHoldStillHasItsUnitsAfterAKill) {
  Grant("one", 10);
  ASSERT_TRUE(Admits("a", Tokens(6)));
  Reopen();
  EXPECT_EQ(Spent(), (std::vector<int64_t>{6}));
  EXPECT_EQ(BalanceOf("purse").left, 4);
  EXPECT_TRUE(ledger_->Check().ok()) << ledger_->Check();
}

}  // namespace
}  // namespace tokenfoundry::ledger
