#include "tests/cpp/ledger/ledger_fixture.h"

namespace tokenfoundry::ledger {
namespace {

using SettleTest = LedgerTest;

TEST_F(SettleTest, PostsWhatWasUsedAndReleasesTheRest) {
  SetBudgets({BudgetOf("cap", 100)});
  ASSERT_TRUE(Admits("a", Tokens(80), Project("claims")));
  now_ms_ += 5000;
  const Entry entry = Settle("a", Tokens(30))->entry;
  EXPECT_EQ(entry.seq, 0u);
  EXPECT_EQ(entry.kind, EntryKind::kSettled);
  EXPECT_EQ(entry.flags, 0);
  EXPECT_EQ(entry.at_ms, kStart_ms);
  EXPECT_EQ(entry.posted_at_ms, kStart_ms + 5000);
  EXPECT_EQ(entry.axes, Project("claims"));
  EXPECT_EQ(entry.detail, "detail of a");
  EXPECT_EQ(BalanceOf("cap").posted, 30);
  EXPECT_EQ(BalanceOf("cap").held, 0);
  EXPECT_TRUE(ledger_->Holds().empty());
  EXPECT_EQ(ledger_->Entries({})->front(), entry);
}

TEST_F(SettleTest, AnActualAboveItsHoldPostsInFullAndIsFlagged) {
  SetBudgets({BudgetOf("cap", 100)});
  ASSERT_TRUE(Admits("a", Tokens(80)));
  EXPECT_EQ(Settle("a", Tokens(130))->entry.flags, kOverrun);
  EXPECT_EQ(BalanceOf("cap").posted, 130);
  EXPECT_EQ(BalanceOf("cap").over_by, 30);
  EXPECT_EQ(RefusalOf("b", Tokens(1)).cause, RefusalCause::kExhausted);
}

TEST_F(SettleTest, AlikeItRepeatsItsEntryAndOtherwiseItIsAnError) {
  ASSERT_TRUE(Admits("a", Tokens(10)));
  const SettleRequest request{"a", Tokens(12), {}, kEstimated, "what happened", now_ms_};
  const Entry entry = ledger_->Settle(request)->entry;
  EXPECT_EQ(entry.flags, kEstimated | kOverrun);
  EXPECT_EQ(ledger_->Settle(request)->entry, entry);
  SettleRequest other = request;
  other.amounts = Tokens(11);
  EXPECT_EQ(ledger_->Settle(other).status().code(), absl::StatusCode::kFailedPrecondition);
  other = request;
  other.detail = "something else";
  EXPECT_EQ(ledger_->Settle(other).status().code(), absl::StatusCode::kFailedPrecondition);
  other = request;
  other.flags = 0;
  EXPECT_EQ(ledger_->Settle(other).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ledger_->Void({"a", std::nullopt, now_ms_}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Settle("unknown", Tokens(1)).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ledger_->size(), 1u);
}

TEST_F(SettleTest, TheCallerMayNotSetTheLedgersOwnFlags) {
  ASSERT_TRUE(Admits("a", Tokens(10)));
  EXPECT_EQ(ledger_->Settle({"a", Tokens(1), {}, kOverrun, std::nullopt, now_ms_}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(SettleTest, VoidReleasesTheHoldAndIsRememberedByAnEntryOfNothing) {
  SetBudgets({BudgetOf("cap", 10)});
  ASSERT_TRUE(Admits("a", Tokens(10)));
  const Entry entry = ledger_->Void({"a", "connect failed", now_ms_})->entry;
  EXPECT_EQ(entry.kind, EntryKind::kVoid);
  EXPECT_EQ(entry.amounts, Amounts{});
  EXPECT_EQ(BalanceOf("cap").held, 0);
  EXPECT_EQ(BalanceOf("cap").posted, 0);
  EXPECT_EQ(ledger_->Void({"a", "connect failed", now_ms_})->entry, entry);
  EXPECT_EQ(Settle("a", {}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Reserve("a", Tokens(10)).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(SettleTest, RecordPostsWithoutAHoldAndIsIdempotent) {
  SetBudgets({BudgetOf("requests", 2, Unit::kRequests)});
  const RecordRequest hit{"a", EntryKind::kHit, {0, 0, 1, 0, 0, 0}, {}, {}, std::nullopt, now_ms_, "hit"};
  const Entry entry = ledger_->Record(hit)->entry;
  EXPECT_EQ(ledger_->Record(hit)->entry, entry);
  EXPECT_EQ(BalanceOf("requests").posted, 1);
  RecordRequest other = hit;
  other.kind = EntryKind::kRefused;
  EXPECT_EQ(ledger_->Record(other).status().code(), absl::StatusCode::kAlreadyExists);
  other.kind = EntryKind::kSettled;
  EXPECT_EQ(ledger_->Record(other).status().code(), absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(Admits("held", Tokens(1)));
  other = hit;
  other.id = "held";
  EXPECT_EQ(ledger_->Record(other).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(SettleTest, SumsThatDoNotFitStandAtTheLargestValueAndRefuseNoSettlement) {
  SetBudgets({BudgetOf("cap", INT64_MAX)});
  ASSERT_TRUE(Admits("open", Tokens(5)));
  for (int i = 0; i < 1100; ++i) {
    ASSERT_TRUE(Record(std::to_string(i), Tokens(kMaxAmount)).ok());
  }
  EXPECT_EQ(BalanceOf("cap").posted, INT64_MAX);
  EXPECT_TRUE(Settle("open", Tokens(5)).ok());
  EXPECT_EQ(BalanceOf("cap").posted, INT64_MAX);
  SetBudgets({});
  SetBudgets({BudgetOf("cap", INT64_MAX)});
  EXPECT_EQ(BalanceOf("cap").posted, INT64_MAX);  // Counted again from the entries.
}

TEST_F(SettleTest, EntriesComeInSequenceByPageAndByTime) {
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(Admits(std::to_string(i), Tokens(1)));
    now_ms_ += 1000;
  }
  for (int i = 9; i >= 0; --i) ASSERT_TRUE(Settle(std::to_string(i), Tokens(i)).ok());
  const auto ids = [&](const EntryRange& range) {
    std::string out;
    const auto entries = ledger_->Entries(range);
    for (const Entry& entry : *entries) out += entry.id;
    return out;
  };
  EXPECT_EQ(ids({}), "9876543210");
  EXPECT_EQ(ids({3, 4, INT64_MIN, kNever}), "6543");
  EXPECT_EQ(ids({0, 100, kStart_ms + 2000, kStart_ms + 5000}), "432");
  EXPECT_EQ(ids({10, 5, INT64_MIN, kNever}), "");
}

TEST_F(SettleTest, IdsAreRememberedForAWeekAndThenForgotten) {
  ASSERT_TRUE(Admits("old", Tokens(1)));
  ASSERT_TRUE(Settle("old", Tokens(1)).ok());
  const auto touch = [&](const std::string& id) {
    ASSERT_TRUE(Admits(id, Tokens(1)));
    ASSERT_TRUE(Settle(id, Tokens(1)).ok());
  };
  now_ms_ += 7 * kDay_ms;
  touch("a week later");
  EXPECT_EQ(Reserve("old", Tokens(1)).status().code(), absl::StatusCode::kFailedPrecondition);
  now_ms_ += 1;
  touch("and more");
  Reopen();
  EXPECT_TRUE(Admits("old", Tokens(1)));
  EXPECT_EQ(Reserve("a week later", Tokens(1)).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(SettleTest, AnHourThatIsRentedIsPostedOnceHoweverLateItIsAskedForAgain) {
  SetBudgets({BudgetOf("gpus", 1, Unit::kGpu_ms)});  // Which has no room for it: it is paid all the same.
  RecordRequest hour{"qwen/1", EntryKind::kRented, {5, 0, 0, 0, 0, 3'600'000}, {}, {}, now_ms_, now_ms_, "8 GPUs"};
  const Entry entry = ledger_->Record(hour)->entry;
  EXPECT_EQ(BalanceOf("gpus").posted, 3'600'000);
  for (int day = 0; day < 30; ++day) {  // As many ids are forgotten.
    now_ms_ += kDay_ms;
    ASSERT_TRUE(Record(std::to_string(day), Tokens(1)).ok());
  }
  Reopen();
  EXPECT_EQ(ledger_->EntryOf("0")->has_value(), false);
  hour.now_ms = now_ms_;
  EXPECT_EQ(ledger_->Record(hour)->entry, entry);
  hour.amounts[0] = 6;
  EXPECT_EQ(ledger_->Record(hour).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(ledger_->Check().ok());
}

}  // namespace
}  // namespace tokenfoundry::ledger
