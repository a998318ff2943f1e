#include <atomic>
#include <thread>

#include "tests/cpp/ledger/ledger_fixture.h"
#include "tests/cpp/store/full_disk.h"
#include "tests/cpp/store/store_peer.h"

namespace tokenfoundry::ledger {
namespace {

using ReserveTest = LedgerTest;

TEST_F(ReserveTest, HoldsUpToTheCapAndRefusesWhatCrossesIt) {
  SetBudgets({BudgetOf("cap", 100)});
  EXPECT_TRUE(Admits("a", Tokens(60)));
  EXPECT_TRUE(Admits("b", Tokens(40)));
  const Refusal refusal = RefusalOf("c", Tokens(1));
  EXPECT_EQ(refusal.budget, "cap");
  EXPECT_EQ(refusal.cause, RefusalCause::kHeld);
  EXPECT_EQ(refusal.held, 100);
  EXPECT_EQ(refusal.left, 0);
  EXPECT_EQ(refusal.requested, 1);
  EXPECT_EQ(refusal.resets_at_ms, kStart_ms + kDay_ms);
  EXPECT_EQ(ledger_->Holds().size(), 2u);
}

TEST_F(ReserveTest, SaysWhyACallMayNotGo) {
  SetBudgets({BudgetOf("cap", 100)});
  ASSERT_TRUE(Admits("posted", Tokens(50)));
  ASSERT_TRUE(Settle("posted", Tokens(50)).ok());
  ASSERT_TRUE(Admits("held", Tokens(30)));
  EXPECT_EQ(RefusalOf("x", Tokens(101)).cause, RefusalCause::kNeverFits);
  EXPECT_EQ(RefusalOf("x", Tokens(60)).cause, RefusalCause::kExhausted);
  EXPECT_EQ(RefusalOf("x", Tokens(30)).cause, RefusalCause::kHeld);
  EXPECT_EQ(RefusalOf("x", Tokens(30)).left, 20);
}

TEST_F(ReserveTest, TakesFromAllMatchingBudgetsOrFromNone) {
  SetBudgets({BudgetOf("wide", 100), Matching(BudgetOf("narrow", 10), Axis::kProject, {"claims"})});
  EXPECT_EQ(RefusalOf("a", Tokens(20), Project("claims")).budget, "narrow");
  EXPECT_EQ(BalanceOf("wide").held, 0);
  EXPECT_TRUE(Admits("b", Tokens(20), Project("sales")));
  EXPECT_TRUE(Admits("c", Tokens(10), Project("claims")));
  EXPECT_EQ(BalanceOf("wide").held, 30);
  EXPECT_EQ(BalanceOf("narrow").held, 10);
}

TEST_F(ReserveTest, AStarMatchesAnyValueButNotNone) {
  SetBudgets({Matching(BudgetOf("star", 10), Axis::kProject, {"*"})});
  EXPECT_TRUE(Admits("none", Tokens(1000)));
  EXPECT_EQ(RefusalOf("some", Tokens(1000), Project("p")).budget, "star");
}

TEST_F(ReserveTest, EachMakesAnAccountOfItsOwnForEveryCombination) {
  Budget budget = BudgetOf("each", 10);
  budget.calls.each = {Axis::kProject, Axis::kKey};
  SetBudgets({budget});
  EXPECT_TRUE(Admits("a", Tokens(10), Project("p", "k1")));
  EXPECT_TRUE(Admits("b", Tokens(10), Project("p", "k2")));
  EXPECT_TRUE(Admits("c", Tokens(10), Project("pk", "1")));  // Not the same as ("p", "k1").
  EXPECT_TRUE(Admits("d", Tokens(10)));
  RefusalOf("e", Tokens(1), Project("p", "k1"));
  RefusalOf("f", Tokens(1));
  EXPECT_EQ(BalanceOf("each", {"p", "k2"}).held, 10);
}

TEST_F(ReserveTest, ATrackingBudgetCountsAndNeverRefuses) {
  Budget budget = BudgetOf("track", 10);
  budget.mode = Mode::kTrack;
  SetBudgets({budget});
  EXPECT_TRUE(Admits("a", Tokens(25)));
  EXPECT_EQ(BalanceOf("track").held, 25);
  EXPECT_EQ(BalanceOf("track").over_by, 15);
  EXPECT_EQ(BalanceOf("track").left, 0);
}

TEST_F(ReserveTest, ANewWindowBeginsEmptyWithoutAnybodyResettingIt) {
  SetBudgets({BudgetOf("daily", 10)});
  ASSERT_TRUE(Admits("a", Tokens(10)));
  ASSERT_TRUE(Settle("a", Tokens(10)).ok());
  now_ms_ += kDay_ms - 1;
  EXPECT_EQ(RefusalOf("b", Tokens(1)).cause, RefusalCause::kExhausted);
  now_ms_ += 1;
  EXPECT_TRUE(Admits("b", Tokens(10)));
}

TEST_F(ReserveTest, LateUsagePostsToTheWindowInWhichItsCallBegan) {
  SetBudgets({BudgetOf("daily", 10)});
  ASSERT_TRUE(Admits("a", Tokens(10)));
  now_ms_ += kDay_ms;
  ASSERT_TRUE(Settle("a", Tokens(7)).ok());
  EXPECT_EQ(BalanceOf("daily").posted, 0);
  now_ms_ -= kDay_ms;
  EXPECT_EQ(BalanceOf("daily").posted, 7);
  EXPECT_EQ(BalanceOf("daily").held, 0);
}

TEST_F(ReserveTest, IsIdempotentByItsId) {
  SetBudgets({BudgetOf("cap", 100)});
  ASSERT_TRUE(Admits("a", Tokens(60)));
  now_ms_ += 1000;
  ASSERT_TRUE(Admits("a", Tokens(60)));
  EXPECT_EQ(BalanceOf("cap").held, 60);
  EXPECT_EQ(Reserve("a", Tokens(61)).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Reserve("a", Tokens(60), Project("p")).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ledger_->Reserve({"a", Tokens(60), {}, now_ms_, now_ms_, "detail of a"}).status().code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ledger_->Reserve({"a", Tokens(60), {}, kStart_ms, now_ms_, "other"}).status().code(),
            absl::StatusCode::kAlreadyExists);
  ASSERT_TRUE(Settle("a", Tokens(1)).ok());
  EXPECT_EQ(Reserve("a", Tokens(60)).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ReserveTest, RefusesValuesThatItCannotCount) {
  SetBudgets({BudgetOf("cap", INT64_MAX)});
  EXPECT_EQ(Reserve("", Tokens(1)).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Reserve(std::string(257, 'x'), Tokens(1)).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Reserve("a", Tokens(-1)).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ledger_->Reserve({"a", Tokens(1), {}, -1, now_ms_, ""}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Reserve("a", Tokens(kMaxAmount + 1)).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(ledger_->Holds().empty());
  ASSERT_TRUE(Admits("a", Tokens(kMaxAmount)));
}

TEST_F(ReserveTest, SixtyFourThreadsOnABudgetForTenTakeExactlyTen) {
  SetBudgets({BudgetOf("ten", 10), BudgetOf("wide", 1'000'000)});
  std::atomic<int> admitted = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 64; ++i) {
    threads.emplace_back([&, i] { admitted += Admits("id " + std::to_string(i), Tokens(1)); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(admitted, 10);
  EXPECT_EQ(BalanceOf("ten").held, 10);
  EXPECT_EQ(BalanceOf("wide").held, 10);
}

TEST_F(ReserveTest, ThreadsThatReserveSettleAndVoidNeverCrossTheCapAndLeaveNothingHeld) {
  SetBudgets({BudgetOf("cap", 20)});
  std::vector<std::thread> threads;
  std::atomic<int64_t> settled = 0, most = 0;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 100; ++i) {
        const std::string id = std::to_string(thread) + "/" + std::to_string(i);
        if (!Admits(id, Tokens(2))) continue;
        if (i % 2 == 0) {
          EXPECT_TRUE(Settle(id, Tokens(1 - (i % 4) / 2)).ok());
          settled += 1 - (i % 4) / 2;
        } else {
          EXPECT_TRUE(ledger_->Void({id, std::nullopt, now_ms_}).ok());
        }
        const Balance balance = BalanceOf("cap");
        most = std::max<int64_t>(most, balance.posted + balance.held);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 20);
  EXPECT_EQ(BalanceOf("cap").held, 0);
  EXPECT_EQ(BalanceOf("cap").posted, settled);
  EXPECT_TRUE(ledger_->Check().ok());
}

TEST_F(ReserveTest, AFailedWriteHoldsNothingAndEndsAllFurtherWork) {
  SetBudgets({BudgetOf("cap", 100)});
  ASSERT_TRUE(Admits("before", Tokens(10)));
  {
    const FullDisk full;
    EXPECT_EQ(Reserve("a", Tokens(10)).status().code(), absl::StatusCode::kInternal);
  }
  EXPECT_EQ(Reserve("b", Tokens(10)).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Settle("before", Tokens(10)).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ledger_->Balances(now_ms_).status().code(), absl::StatusCode::kDataLoss);
  Reopen();
  EXPECT_EQ(BalanceOf("cap").posted, 10);
  EXPECT_TRUE(ledger_->Check().ok());
}

TEST_F(ReserveTest, AStallIsWaitedOutWithoutKeepingOthersFromTheLedger) {
  Reopen(/*write_buffer_bytes=*/64 << 10);
  SetBudgets({BudgetOf("cap", 1'000'000)});
  store::StorePeer paused(*store_);
  absl::Status status;
  int i = 0;
  for (; i < 2000 && status.ok(); ++i) {
    const ReserveRequest request{std::to_string(i), Tokens(1), {}, std::nullopt, now_ms_, std::string(4096, 'x')};
    status = ledger_->Reserve(request, store::OnStall::kReturn).status();
  }
  ASSERT_TRUE(store::IsStall(status)) << status;
  const int64_t held = BalanceOf("cap").held;
  EXPECT_EQ(held, i - 1);
  std::thread waiting([&] { EXPECT_TRUE(Admits("patient", Tokens(1))); });
  EXPECT_EQ(BalanceOf("cap").held, held);  // The lock is free while the other waits.
  paused.Continue();
  waiting.join();
  EXPECT_EQ(BalanceOf("cap").held, held + 1);
}

TEST_F(ReserveTest, OpenHoldsNeverLeave63BitsWhateverBudgetsComeLater) {
  int admitted = 0;
  while (Reserve(std::to_string(admitted), Tokens(kMaxAmount)).ok()) ++admitted;
  EXPECT_EQ(admitted, kMaxHeld / kMaxAmount);
  EXPECT_EQ(Reserve("more", Tokens(1)).status().code(), absl::StatusCode::kOutOfRange);
  SetBudgets({BudgetOf("late", 5)});
  EXPECT_EQ(BalanceOf("late").held, kMaxHeld);
  ASSERT_TRUE(Settle("0", Tokens(1)).ok());
  Reopen();
  EXPECT_TRUE(ledger_->Check().ok()) << ledger_->Check();
}

}  // namespace
}  // namespace tokenfoundry::ledger
