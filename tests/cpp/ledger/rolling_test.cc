// Windows that move on with time, and windows that calls make: rolling and session.
#include "tests/cpp/ledger/ledger_fixture.h"

namespace tokenfoundry::ledger {
namespace {

constexpr int64_t kHour = 3'600'000, kMinute = 60'000;

Budget Rolling(int64_t hard) {
  Budget budget = BudgetOf("rolling", hard, Unit::kTokens, WindowKind::kRolling);
  budget.window.length_ms = kHour;  // Slots of a minute.
  return budget;
}

using RollingTest = LedgerTest;

TEST_F(RollingTest, TheOldestSlotCountsWholeAndThenLeaves) {
  SetBudgets({Rolling(100)});
  ASSERT_TRUE(Record("a", Tokens(70)).ok());
  now_ms_ += 30 * kMinute;
  ASSERT_TRUE(Record("b", Tokens(20)).ok());
  const Refusal refusal = RefusalOf("c", Tokens(20));
  EXPECT_EQ(refusal.cause, RefusalCause::kExhausted);
  EXPECT_EQ(refusal.used, 90);
  EXPECT_EQ(refusal.admits_at_ms, kStart_ms + kHour + kMinute);
  now_ms_ = refusal.admits_at_ms - 1;
  EXPECT_EQ(RefusalOf("c", Tokens(20)).used, 90);
  now_ms_ += 1;
  EXPECT_TRUE(Admits("c", Tokens(80)));
  EXPECT_EQ(BalanceOf("rolling").posted, 20);
  EXPECT_EQ(BalanceOf("rolling").held, 80);
}

TEST_F(RollingTest, ItIsTheSameAfterAReopeningAndAfterALongPause) {
  SetBudgets({Rolling(100)});
  for (int i = 0; i < 10; ++i, now_ms_ += 5 * kMinute) ASSERT_TRUE(Record(std::to_string(i), Tokens(9)).ok());
  EXPECT_EQ(RefusalOf("a", Tokens(11)).used, 90);
  Reopen();
  EXPECT_EQ(RefusalOf("a", Tokens(11)).used, 90);
  now_ms_ += 20 * kMinute;
  EXPECT_EQ(RefusalOf("a", Tokens(100)).used, 72);
  now_ms_ += kDay_ms;
  EXPECT_TRUE(Admits("a", Tokens(100)));
}

TEST_F(RollingTest, ASessionGoesOnWhileACallOfItIsOpenAndFromItsEnd) {
  Budget budget = BudgetOf("session", 100, Unit::kTokens, WindowKind::kSession);
  budget.calls.each = {Axis::kSession};
  SetBudgets({budget});
  Axes axes = Project("p", "k");
  axes[static_cast<size_t>(Axis::kSession)] = "s";
  ASSERT_TRUE(Admits("a", Tokens(60), axes));
  now_ms_ += 2 * kSessionIdle_ms;
  Axes other = axes;  // Its calls let ended sessions be forgotten.
  other[static_cast<size_t>(Axis::kSession)] = "t";
  ASSERT_TRUE(Record("other", Tokens(1), other).ok());
  EXPECT_EQ(RefusalOf("b", Tokens(60), axes).cause, RefusalCause::kHeld);
  ASSERT_TRUE(Settle("a", Tokens(60)).ok());
  now_ms_ += kSessionIdle_ms;
  EXPECT_EQ(RefusalOf("b", Tokens(60), axes).cause, RefusalCause::kExhausted);
  Reopen();
  EXPECT_EQ(RefusalOf("b", Tokens(60), axes).cause, RefusalCause::kExhausted);
  ASSERT_TRUE(Admits("c", Tokens(10), axes));
  now_ms_ += 2 * kSessionIdle_ms;
  Reopen();  // Its end is that of the open call, too.
  EXPECT_EQ(RefusalOf("b", Tokens(60), axes).used, 70);
  now_ms_ += kSessionIdle_ms + 1;
  EXPECT_TRUE(Admits("b", Tokens(60), axes));
}

TEST_F(RollingTest, HoldsOfEarlierSlotsStillCount) {
  SetBudgets({Rolling(100)});
  ASSERT_TRUE(Admits("a", Tokens(60)));
  now_ms_ += 10 * kMinute;
  EXPECT_EQ(RefusalOf("b", Tokens(50)).cause, RefusalCause::kHeld);
  ASSERT_TRUE(Settle("a", Tokens(10)).ok());
  EXPECT_TRUE(Admits("b", Tokens(90)));
  EXPECT_EQ(RefusalOf("c", Tokens(1)).held, 90);
}

TEST_F(RollingTest, ARandomHistoryIsWhatSummingItsEntriesGives) {
  SetBudgets({Rolling(500)});
  std::vector<std::pair<int64_t, int64_t>> posted;  // When, how much.
  uint32_t random = 1;
  for (int i = 0; i < 3000; ++i) {
    random = random * 1664525 + 1013904223;
    now_ms_ += random >> 8 & 0xffff;
    const int64_t amount = 1 + (random >> 24) % 40, slot = now_ms_ / kMinute;
    int64_t used = 0;
    for (const auto& [at_ms, tokens] : posted) used += at_ms / kMinute >= slot - kRollingSlots ? tokens : 0;
    const std::string id = std::to_string(i);
    ASSERT_EQ(Admits(id, Tokens(amount)), used + amount <= 500) << i;
    if (used + amount <= 500) {
      ASSERT_TRUE(Settle(id, Tokens(amount)).ok());
      posted.emplace_back(now_ms_, amount);
    }
    if (i % 500 == 499) Reopen();
  }
  EXPECT_TRUE(ledger_->Check().ok()) << ledger_->Check();
}

class SessionTest : public LedgerTest {
 protected:
  void SetUp() override {
    LedgerTest::SetUp();
    Budget budget = BudgetOf("session", 100, Unit::kTokens, WindowKind::kSession);
    budget.calls.each = {Axis::kSession};
    SetBudgets({budget});
  }
  static Axes Of(const std::string& session, const std::string& key = "k") {
    Axes axes = Project("p", key);
    axes[static_cast<size_t>(Axis::kSession)] = session;
    return axes;
  }
};

TEST_F(SessionTest, ACallOfNoSessionIsNotCounted) {
  EXPECT_TRUE(Admits("a", Tokens(1000), Of("")));
  EXPECT_EQ(RefusalOf("b", Tokens(1000), Of("s")).cause, RefusalCause::kNeverFits);
}

TEST_F(SessionTest, ASessionGoesOnWhileItIsUsedAndEndsWhenItIsIdle) {
  for (int i = 0; i < 5; ++i, now_ms_ += kSessionIdle_ms) {
    ASSERT_TRUE(Record(std::to_string(i), Tokens(20), Of("s")).ok());
  }
  now_ms_ -= kSessionIdle_ms;
  Reopen();
  EXPECT_EQ(RefusalOf("a", Tokens(1), Of("s")).used, 100);
  EXPECT_EQ(BalanceOf("session", {"s"}).start_ms, kStart_ms);
  now_ms_ += kSessionIdle_ms + 1;
  EXPECT_TRUE(ledger_->Balances(now_ms_)->empty());
  EXPECT_TRUE(Admits("a", Tokens(100), Of("s")));
  EXPECT_EQ(BalanceOf("session", {"s"}).start_ms, now_ms_);
}

TEST_F(SessionTest, TwoKeysNeverShareASession) {
  ASSERT_TRUE(Record("a", Tokens(100), Of("s", "k1")).ok());
  now_ms_ += 1;
  EXPECT_TRUE(Admits("b", Tokens(100), Of("s", "k2")));
  EXPECT_EQ(RefusalOf("c", Tokens(1), Of("s", "k1")).used, 100);
}

TEST_F(SessionTest, ManySessionsAreForgottenOnDiskToo) {
  for (int i = 0; i < 3000; ++i, now_ms_ += kSessionIdle_ms / 100) {
    ASSERT_TRUE(Record(std::to_string(i), Tokens(1), Of(std::to_string(i))).ok());
  }
  size_t kept = 0;
  ASSERT_TRUE(store_->Scan(*store_->Lookup("ledger.sessions"), {}, [&](auto, auto) { return ++kept, true; }).ok());
  EXPECT_LT(kept, 300u);
  Reopen();
  EXPECT_TRUE(ledger_->Check().ok()) << ledger_->Check();
}

}  // namespace
}  // namespace tokenfoundry::ledger
