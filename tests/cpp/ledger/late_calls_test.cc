// Calls that begin earlier or later than the others, as late usage and wrong clocks make them.
#include "tests/cpp/ledger/ledger_fixture.h"

namespace tokenfoundry::ledger {
namespace {

constexpr int64_t kHour_ms = 3'600'000;

class LateCalls : public LedgerTest {
 protected:
  static Budget Rolling(int64_t hard) {
    Budget budget = BudgetOf("rolling", hard, Unit::kTokens, WindowKind::kRolling);
    budget.window.length_ms = kHour_ms;
    return budget;
  }
  bool AdmitsAt(const std::string& id, int64_t tokens, int64_t at_ms) {
    const auto reserved = ledger_->Reserve({id, Tokens(tokens), {}, at_ms, now_ms_, ""});
    EXPECT_TRUE(reserved.ok()) << reserved.status();
    return reserved.ok() && std::holds_alternative<Hold>(reserved->outcome);
  }
  void GrantTokens(const std::string& id, int64_t tokens, int64_t until_ms) {
    ChangeRequest grant{id, {}, now_ms_};
    grant.change.kind = ChangeKind::kGrant;
    grant.change.budget = "prepaid";
    grant.change.amount = tokens;
    grant.change.until_ms = until_ms;
    grant.change.actor = "ann";
    ASSERT_TRUE(ledger_->Apply(grant).ok());
  }
};

TEST_F(LateCalls, ARollingWindowStillCountsAfterALookIntoTheFuture) {
  SetBudgets({Rolling(100)});
  EXPECT_TRUE(Admits("a", Tokens(100)));
  EXPECT_EQ((*ledger_->Headroom({}, now_ms_ + 3 * kHour_ms, now_ms_))[1], 100);
  EXPECT_FALSE(Admits("b", Tokens(1)));
}

TEST_F(LateCalls, ARollingWindowStillCountsAfterACallOnAWrongClock) {
  SetBudgets({Rolling(100)});
  EXPECT_TRUE(AdmitsAt("wrong", 1, now_ms_ + 8 * kDay_ms));
  EXPECT_TRUE(Admits("a", Tokens(100)));
  EXPECT_FALSE(Admits("b", Tokens(1)));
  ASSERT_TRUE(Settle("a", Tokens(100)).ok());
  EXPECT_FALSE(Admits("c", Tokens(1)));
}

TEST_F(LateCalls, ALateCallMustFitInEveryRollingWindowThatItCountsIn) {
  SetBudgets({Rolling(100)});
  EXPECT_TRUE(AdmitsAt("newer", 60, now_ms_));
  EXPECT_FALSE(AdmitsAt("late", 41, now_ms_ - kHour_ms / 2));
  EXPECT_TRUE(AdmitsAt("late", 40, now_ms_ - kHour_ms / 2));
  EXPECT_TRUE(AdmitsAt("long ago", 100, now_ms_ - 3 * kHour_ms));
  Reopen();
  EXPECT_FALSE(AdmitsAt("after opening", 1, now_ms_ - kHour_ms / 2));
}

TEST_F(LateCalls, ASlowApproachThatARefusalBeganGoesOnAfterAnOpening) {
  Budget slow = BudgetOf("slow", 100);
  slow.at_cap = AtCap::kThrottle;
  slow.throttle_from = 50;
  SetBudgets({slow});
  const int64_t admits_at_ms = RefusalOf("a", Tokens(75)).admits_at_ms;
  EXPECT_EQ(admits_at_ms, now_ms_ + kDay_ms / 2);
  Reopen();
  now_ms_ = admits_at_ms - 1;
  EXPECT_FALSE(Admits("b", Tokens(75)));
  now_ms_ = admits_at_ms;
  EXPECT_TRUE(Admits("c", Tokens(75)));
}

TEST_F(LateCalls, ALateCallOfASessionIsFoundAgainByABudgetThatCountsAnew) {
  Budget session = BudgetOf("session", 100, Unit::kTokens, WindowKind::kSession);
  session.calls.each = {Axis::kSession};
  SetBudgets({Matching(session, Axis::kProject, {"alpha"})});
  Axes axes = Project("alpha");
  axes[static_cast<size_t>(Axis::kSession)] = "s";
  EXPECT_TRUE(Admits("a", Tokens(10), axes));
  ASSERT_TRUE(Record("late", Tokens(50), axes, now_ms_ - kHour_ms).ok());
  SetBudgets({session});
  EXPECT_EQ(BalanceOf("session", {"s"}).used, 50);
  EXPECT_TRUE(ledger_->Check().ok()) << ledger_->Check();
}

TEST_F(LateCalls, ARecoveredHoldTakesFromTheGrantThatItSetAside) {
  Budget prepaid = BudgetOf("prepaid", kNoCap, Unit::kTokens, WindowKind::kLifetime);
  prepaid.prepaid = true;
  SetBudgets({prepaid});
  GrantTokens("first", 100, now_ms_ + kHour_ms);
  EXPECT_TRUE(Admits("a", Tokens(30)));
  now_ms_ += 2 * kHour_ms;
  GrantTokens("second", 100, kNever);
  Reopen();
  const std::vector<Grant> grants = ledger_->Grants();
  EXPECT_EQ(grants[0].spent, 30);
  EXPECT_EQ(grants[1].spent, 0);
}

TEST_F(LateCalls, ALateCallMayUseAGrantThatHasEndedSince) {
  Budget prepaid = BudgetOf("prepaid", kNoCap, Unit::kTokens, WindowKind::kLifetime);
  prepaid.prepaid = true;
  SetBudgets({prepaid});
  GrantTokens("first", 100, now_ms_ + kHour_ms);
  const int64_t began_ms = now_ms_;
  now_ms_ += 2 * kHour_ms;
  GrantTokens("second", 10, kNever);
  EXPECT_FALSE(Admits("a", Tokens(11)));
  EXPECT_TRUE(AdmitsAt("late", 11, began_ms));
}

}  // namespace
}  // namespace tokenfoundry::ledger
