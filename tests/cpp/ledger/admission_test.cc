// What a cap lets in: raises, burst and throttling.
#include "tests/cpp/ledger/ledger_fixture.h"

namespace tokenfoundry::ledger {
namespace {

constexpr int64_t kHour = 3'600'000;

using AdmissionTest = LedgerTest;

TEST_F(AdmissionTest, ABudgetWithoutACapRefusesNothingAndShowsNoCap) {
  SetBudgets({BudgetOf("count", kNoCap)});
  EXPECT_TRUE(Admits("a", Tokens(kMaxAmount)));
  EXPECT_EQ(BalanceOf("count").cap, kNoCap);
  EXPECT_EQ(BalanceOf("count").left, kNoCap);
  EXPECT_EQ(BalanceOf("count").over_by, 0);
}

TEST_F(AdmissionTest, ACallThatUsesNothingOfAUnitIsNotStoppedByIt) {
  SetBudgets({BudgetOf("images", 3, Unit::kImages)});
  ASSERT_TRUE(Record("over", {0, 0, 0, 5, 0, 0}).ok());
  EXPECT_EQ(BalanceOf("images").over_by, 2);
  EXPECT_TRUE(Admits("text", Tokens(100)));
  EXPECT_EQ(RefusalOf("image", {0, 0, 0, 1, 0, 0}).cause, RefusalCause::kExhausted);
}

TEST_F(AdmissionTest, HeadroomIsExactlyWhatIsAdmitted) {
  Budget money = BudgetOf("money", 1000, Unit::kMoney_nano);
  SetBudgets({money, BudgetOf("tokens", 50), BudgetOf("tokens of all", 70)});
  ASSERT_TRUE(Admits("held", {100, 20, 1, 0, 0, 0}));
  const Amounts left = *ledger_->Headroom({}, now_ms_, now_ms_);
  EXPECT_EQ(left, (Amounts{900, 30, kNoCap, kNoCap, kNoCap, kNoCap}));
  EXPECT_EQ(RefusalOf("b", {901, 1, 1, 0, 0, 0}).budget, "money");
  EXPECT_EQ(RefusalOf("b", {900, 31, 1, 0, 0, 0}).budget, "tokens");
  EXPECT_TRUE(Admits("b", {900, 30, 1, 0, 0, 0}));
}

Budget WithBurst(int64_t hard, Burst burst) {
  Budget budget = BudgetOf("cap", hard);
  budget.burst = burst;
  return budget;
}

TEST_F(AdmissionTest, ABurstLetsInAboveTheCapOnceUntilItIsRefilled) {
  SetBudgets({WithBurst(100, {30, 5, kHour, INT64_MAX})});
  ASSERT_TRUE(Admits("a", Tokens(130)));
  EXPECT_EQ(RefusalOf("b", Tokens(1)).cause, RefusalCause::kHeld);
  ASSERT_TRUE(Settle("a", Tokens(130)).ok());
  EXPECT_EQ(BalanceOf("cap").burst_left, 0);
  EXPECT_EQ(BalanceOf("cap").over_by, 30);

  const Refusal refusal = RefusalOf("b", Tokens(6));
  EXPECT_EQ(refusal.cause, RefusalCause::kExhausted);
  EXPECT_EQ(refusal.admits_at_ms, kStart_ms + 6 * kHour / 5);  // 5 an hour.
  now_ms_ = refusal.admits_at_ms - 1;
  EXPECT_EQ(RefusalOf("b", Tokens(6)).cause, RefusalCause::kExhausted);
  now_ms_ += 1;
  EXPECT_TRUE(Admits("b", Tokens(6)));
}

TEST_F(AdmissionTest, WhatABurstHasSpentIsSpentInTheNextWindowTooAndAfterAReopening) {
  SetBudgets({WithBurst(100, {30, 0, 1, INT64_MAX})});
  ASSERT_TRUE(Admits("a", Tokens(120)));
  ASSERT_TRUE(Settle("a", Tokens(120)).ok());
  Reopen();
  EXPECT_EQ(BalanceOf("cap").burst_left, 10);
  now_ms_ += kDay_ms;
  EXPECT_EQ(BalanceOf("cap").left, 110);
  EXPECT_TRUE(Admits("b", Tokens(110)));
  EXPECT_EQ(RefusalOf("c", Tokens(1)).cause, RefusalCause::kHeld);
}

TEST_F(AdmissionTest, NoWindowTakesMoreOfABurstThanItMay) {
  SetBudgets({WithBurst(100, {50, 50, 1, 20})});  // Refilled at once.
  ASSERT_TRUE(Admits("a", Tokens(115)));
  ASSERT_TRUE(Settle("a", Tokens(115)).ok());
  now_ms_ += kHour;
  EXPECT_EQ(RefusalOf("b", Tokens(6)).cause, RefusalCause::kExhausted);
  EXPECT_TRUE(Admits("b", Tokens(5)));
  EXPECT_EQ(RefusalOf("never", Tokens(121)).cause, RefusalCause::kNeverFits);
}

TEST_F(AdmissionTest, HoldsOfTwoWindowsDoNotShareOneCredit) {
  SetBudgets({WithBurst(100, {50, 0, 1, INT64_MAX})});
  now_ms_ = kStart_ms + kDay_ms - 1000;
  ASSERT_TRUE(Admits("a", Tokens(150)));
  now_ms_ += 2000;
  EXPECT_EQ(BalanceOf("cap").burst_left, 0);
  EXPECT_EQ(BalanceOf("cap").left, 100);
  const Refusal refusal = RefusalOf("b", Tokens(150));
  EXPECT_EQ(refusal.cause, RefusalCause::kHeld);
  EXPECT_EQ(refusal.left, 100);
  SetBudgets({WithBurst(100, {50, 0, 1, INT64_MAX}), BudgetOf("other", kNoCap)});  // Places the hold anew.
  EXPECT_EQ(RefusalOf("b", Tokens(150)).cause, RefusalCause::kHeld);
  ASSERT_TRUE(Settle("a", Tokens(120)).ok());  // 30 less than it might have taken.
  EXPECT_EQ(BalanceOf("cap").left, 130);
  ASSERT_TRUE(Admits("b", Tokens(130)));
  now_ms_ += kDay_ms;
  EXPECT_EQ(BalanceOf("cap").left, 100);
  ASSERT_TRUE(ledger_->Void({"b", std::nullopt, now_ms_}).ok());
  EXPECT_EQ(BalanceOf("cap").left, 130);
}

TEST_F(AdmissionTest, AClockThatJumpedAheadAndCameBackDoesNotStopTheRefill) {
  SetBudgets({WithBurst(100, {30, 10, kHour, INT64_MAX})});
  now_ms_ = kStart_ms + 30 * kDay_ms;
  ASSERT_TRUE(Record("far", Tokens(1)).ok());
  now_ms_ = kStart_ms;
  ASSERT_TRUE(Record("a", Tokens(130)).ok());
  EXPECT_EQ(BalanceOf("cap").burst_left, 0);
  now_ms_ += 2 * kHour;
  EXPECT_EQ(BalanceOf("cap").burst_left, 20);
}

Budget Throttled(int64_t hard, int64_t from) {
  Budget budget = BudgetOf("cap", hard);
  budget.at_cap = AtCap::kThrottle;
  budget.throttle_from = from;
  return budget;
}

TEST_F(AdmissionTest, ThrottlingSpreadsTheRestOfTheCapOverTheRestOfTheWindow) {
  SetBudgets({Throttled(100, 60)});
  now_ms_ = kStart_ms + 4 * kHour;
  ASSERT_TRUE(Admits("a", Tokens(60)));
  ASSERT_TRUE(Settle("a", Tokens(60)).ok());

  // 20 hours are left for 40 tokens: two an hour.
  const Refusal refusal = RefusalOf("b", Tokens(10));
  EXPECT_EQ(refusal.cause, RefusalCause::kThrottled);
  EXPECT_EQ(refusal.at_cap, AtCap::kThrottle);
  EXPECT_EQ(refusal.admits_at_ms, kStart_ms + 9 * kHour);
  now_ms_ = refusal.admits_at_ms - 1;
  EXPECT_EQ(RefusalOf("b", Tokens(10)).admits_at_ms, refusal.admits_at_ms);
  now_ms_ += 1;
  ASSERT_TRUE(Admits("b", Tokens(10)));
  Reopen();  // When it began is stored with the first call that it let in.
  EXPECT_EQ(RefusalOf("c", Tokens(10)).admits_at_ms, kStart_ms + 14 * kHour);
  now_ms_ = kStart_ms + 24 * kHour - 1;
  EXPECT_EQ(RefusalOf("c", Tokens(31)).cause, RefusalCause::kExhausted);
  EXPECT_TRUE(Admits("c", Tokens(29)));
  now_ms_ += 1;
  EXPECT_TRUE(Admits("d", Tokens(60)));
}

TEST_F(AdmissionTest, AThrottledCallThatOnlyOpenHoldsKeepOutIsHeld) {
  SetBudgets({Throttled(100, 60)});
  ASSERT_TRUE(Admits("a", Tokens(50)));
  EXPECT_EQ(RefusalOf("b", Tokens(20)).cause, RefusalCause::kHeld);
}

TEST_F(AdmissionTest, TrackingTellsWhatEnforcingWouldRefuse) {
  Budget tracking = BudgetOf("tracking", 10);
  tracking.mode = Mode::kTrack;
  SetBudgets({tracking});
  ASSERT_TRUE(Admits("a", Tokens(10)));
  const auto reserved = Reserve("b", Tokens(5));
  ASSERT_TRUE(reserved.ok());
  ASSERT_TRUE(reserved->tracked);
  EXPECT_EQ(reserved->tracked->budget, "tracking");
  EXPECT_EQ(reserved->tracked->cause, RefusalCause::kHeld);
}

TEST_F(AdmissionTest, BadCapsAreRefusedByName) {
  const auto refused = [&](const Budget& budget, const std::string& why) {
    const absl::Status status = ledger_->SetBudgets({budget}, now_ms_).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << why;
    EXPECT_NE(StdView(status.message()).find(why), std::string::npos) << status;
  };
  refused(WithBurst(100, {-1, 0, 1, INT64_MAX}), "burst.size");
  refused(WithBurst(kNoCap, {5, 0, 1, INT64_MAX}), "no hard cap");
  refused(Throttled(100, 101), "throttle_from");
  Budget endless = Throttled(100, 10);
  endless.window.kind = WindowKind::kLifetime;
  refused(endless, "does not end");
  Budget prepaid = BudgetOf("p", 5);
  prepaid.prepaid = true;
  refused(prepaid, "prepaid");
  Budget session = BudgetOf("s", 5, Unit::kTokens, WindowKind::kSession);
  refused(session, "axis session");
  Budget levels = BudgetOf("l", 5);
  levels.levels = {{"b", 4}, {"a", 3}};
  refused(levels, "ascending");
}

}  // namespace
}  // namespace tokenfoundry::ledger
