// Raises, resets, freezes and corrections: entries that say who and why.
#include "tests/cpp/ledger/ledger_fixture.h"

namespace tokenfoundry::ledger {
namespace {

constexpr int64_t kHour = 3'600'000;

class ChangesTest : public LedgerTest {
 protected:
  static Change Of(ChangeKind kind, const std::string& budget = "cap") {
    Change change;
    change.kind = kind;
    change.budget = budget;
    change.actor = "anna";
    change.reason = "launch day";
    return change;
  }
  Change Raise(int64_t amount, int64_t from_ms, int64_t until_ms) {
    Change change = Of(ChangeKind::kRaise);
    change.amount = amount;
    change.from_ms = from_ms;
    change.until_ms = until_ms;
    return change;
  }
  absl::StatusOr<Posted> Apply(const std::string& id, const Change& change) {
    return ledger_->Apply({id, change, now_ms_});
  }
  absl::StatusOr<Posted> Adjust(const std::string& id, uint64_t of, int64_t tokens) {
    return ledger_->Adjust({id, of, Tokens(tokens), {}, "anna", "the bill says so", "", now_ms_});
  }
};

TEST_F(ChangesTest, ARaiseIsInForceForItsTimeAlsoAfterAReopening) {
  SetBudgets({BudgetOf("cap", 100)});
  const Change raise = Raise(50, kStart_ms + kHour, kStart_ms + 2 * kHour);
  const Entry entry = Apply("raise", raise)->entry;
  EXPECT_EQ(entry.kind, EntryKind::kChanged);
  EXPECT_EQ(entry.change, raise);
  Reopen();
  EXPECT_EQ(RefusalOf("a", Tokens(150)).cause, RefusalCause::kNeverFits);
  now_ms_ = kStart_ms + kHour;
  EXPECT_EQ(BalanceOf("cap").cap, 150);
  EXPECT_EQ(BalanceOf("cap").raised, 50);
  ASSERT_TRUE(Admits("a", Tokens(150)));
  ASSERT_TRUE(Settle("a", Tokens(150)).ok());
  EXPECT_EQ(ledger_->Changes(now_ms_).size(), 1u);
  now_ms_ = kStart_ms + 2 * kHour;
  EXPECT_EQ(BalanceOf("cap").cap, 100);
  EXPECT_EQ(BalanceOf("cap").over_by, 50);
  EXPECT_TRUE(ledger_->Changes(now_ms_).empty());
}

TEST_F(ChangesTest, AChangeRepeatedAlikeIsOneAndOtherwiseAConflict) {
  SetBudgets({BudgetOf("cap", 100)});
  const Change raise = Raise(50, 0, kNever);
  const Entry entry = Apply("raise", raise)->entry;
  EXPECT_EQ(Apply("raise", raise)->entry, entry);
  EXPECT_EQ(BalanceOf("cap").cap, 150);
  EXPECT_EQ(Apply("raise", Raise(60, 0, kNever)).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Apply("other", Of(ChangeKind::kFreeze, "unknown")).status().code(), absl::StatusCode::kNotFound);
  Change nobody = raise;
  nobody.actor = "";
  EXPECT_EQ(Apply("nobody", nobody).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ChangesTest, ARaiseOfOneAccountLeavesTheOthersAsTheyWere) {
  Budget budget = BudgetOf("cap", 10);
  budget.calls.each = {Axis::kKey};
  SetBudgets({budget});
  Change raise = Raise(5, 0, kNever);
  raise.each = {"k1"};
  ASSERT_TRUE(Apply("raise", raise).ok());
  EXPECT_TRUE(Admits("a", Tokens(15), Project("p", "k1")));
  EXPECT_EQ(RefusalOf("b", Tokens(15), Project("p", "k2")).cause, RefusalCause::kNeverFits);
  raise.each = {"k1", "too many"};
  EXPECT_EQ(Apply("bad", raise).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ChangesTest, AResetForgivesWhatWasUsedAndNothingIsForgotten) {
  SetBudgets({BudgetOf("cap", 100)});
  ASSERT_TRUE(Record("a", Tokens(90)).ok());
  ASSERT_TRUE(Apply("reset", Of(ChangeKind::kReset)).ok());
  EXPECT_EQ(BalanceOf("cap").posted, 90);
  EXPECT_EQ(BalanceOf("cap").used, 0);
  EXPECT_TRUE(Admits("b", Tokens(100)));
  ASSERT_TRUE(Settle("b", Tokens(100)).ok());
  Reopen();
  EXPECT_EQ(BalanceOf("cap").used, 100);
  EXPECT_EQ(BalanceOf("cap").posted, 190);
  EXPECT_TRUE(ledger_->Check().ok()) << ledger_->Check();
  // Counted anew from the entries, the reset stands where it was.
  SetBudgets({Matching(BudgetOf("cap", 100), Axis::kKey, {"nobody"})});
  SetBudgets({BudgetOf("cap", 100)});
  EXPECT_EQ(BalanceOf("cap").used, 100);
  EXPECT_TRUE(ledger_->Check().ok()) << ledger_->Check();
}

TEST_F(ChangesTest, ARefundOfAForgivenCallMakesNoRoomAboveTheCap) {
  SetBudgets({BudgetOf("cap", 100)});
  const uint64_t forgiven = Record("a", Tokens(100))->entry.seq;
  ASSERT_TRUE(Apply("reset", Of(ChangeKind::kReset)).ok());
  ASSERT_TRUE(Adjust("refund", forgiven, -100).ok());
  for (const char* const id : {"b", "c"}) {
    ASSERT_TRUE(Admits(id, Tokens(50)));
    ASSERT_TRUE(Settle(id, Tokens(50)).ok());
  }
  EXPECT_EQ(RefusalOf("d", Tokens(50)).used, 100);
  EXPECT_TRUE(ledger_->Check().ok()) << ledger_->Check();
  Reopen();  // Added again to the account as the reset stored it.
  EXPECT_EQ(RefusalOf("d", Tokens(50)).used, 100);
  EXPECT_TRUE(ledger_->Check().ok()) << ledger_->Check();
  // Counted anew from the entries.
  SetBudgets({Matching(BudgetOf("cap", 100), Axis::kKey, {"nobody"})});
  SetBudgets({BudgetOf("cap", 100)});
  EXPECT_EQ(RefusalOf("d", Tokens(50)).used, 100);
  EXPECT_TRUE(ledger_->Check().ok()) << ledger_->Check();
}

TEST_F(ChangesTest, AResetReachesAccountsThatAreOnlyOnDisk) {
  Budget budget = BudgetOf("cap", 10);
  budget.calls.each = {Axis::kKey};
  SetBudgets({budget});
  ASSERT_TRUE(Record("a", Tokens(9), Project("p", "k1")).ok());
  ASSERT_TRUE(Record("b", Tokens(9), Project("p", "k2")).ok());
  SetBudgets({budget, BudgetOf("other", 5)});  // Stores the accounts and drops them from memory.
  Change one = Of(ChangeKind::kReset);
  one.each = {"k1"};
  ASSERT_TRUE(Apply("one", one).ok());
  EXPECT_EQ(BalanceOf("cap", {"k1"}).used, 0);
  EXPECT_EQ(BalanceOf("cap", {"k2"}).used, 9);
  ASSERT_TRUE(Apply("all", Of(ChangeKind::kReset)).ok());
  EXPECT_EQ(BalanceOf("cap", {"k2"}).used, 0);
}

TEST_F(ChangesTest, AFrozenBudgetAdmitsNothingUntilItIsThawed) {
  SetBudgets({BudgetOf("cap", 100)});
  ASSERT_TRUE(Admits("before", Tokens(1)));
  ASSERT_TRUE(Apply("freeze", Of(ChangeKind::kFreeze)).ok());
  Reopen();
  const Refusal refusal = RefusalOf("a", Tokens(0));
  EXPECT_EQ(refusal.cause, RefusalCause::kFrozen);
  EXPECT_EQ(refusal.admits_at_ms, kNever);
  EXPECT_TRUE(BalanceOf("cap").frozen);
  EXPECT_EQ(*ledger_->Headroom({}, now_ms_, now_ms_), Amounts{});
  ASSERT_TRUE(Apply("thaw", Of(ChangeKind::kUnfreeze)).ok());
  EXPECT_TRUE(Admits("a", Tokens(1)));
  Reopen();
  EXPECT_FALSE(BalanceOf("cap").frozen);
}

TEST_F(ChangesTest, AFreezeOutlivesTheAbsenceOfItsBudget) {
  SetBudgets({BudgetOf("cap", 100)});
  ASSERT_TRUE(Apply("freeze", Of(ChangeKind::kFreeze)).ok());
  SetBudgets({});
  EXPECT_TRUE(Admits("a", Tokens(1)));
  SetBudgets({BudgetOf("cap", 200)});
  EXPECT_EQ(RefusalOf("b", Tokens(1)).cause, RefusalCause::kFrozen);
}

TEST_F(ChangesTest, ACorrectionCountsWhereItsEntryDidAndNeverBelowZero) {
  SetBudgets({BudgetOf("cap", 100)});
  ASSERT_TRUE(Admits("a", Tokens(50)));
  const Entry original = Settle("a", Tokens(30))->entry;
  now_ms_ += kDay_ms;
  const Entry late = Adjust("late", original.seq, 12)->entry;
  EXPECT_EQ(late.kind, EntryKind::kAdjusted);
  EXPECT_EQ(late.of, original.seq);
  EXPECT_EQ(late.at_ms, original.at_ms);
  EXPECT_EQ(Adjust("late", original.seq, 12)->entry, late);
  EXPECT_EQ(BalanceOf("cap").posted, 0);
  EXPECT_EQ(ledger_->Balances(kStart_ms)->front().posted, 42);
  Reopen();
  EXPECT_EQ(Adjust("refund", original.seq, -43).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(Adjust("refund", original.seq, -42).ok());
  EXPECT_EQ(ledger_->Balances(kStart_ms)->front().posted, 0);
  EXPECT_EQ(Adjust("late", original.seq, 13).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Adjust("none", 99, 1).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Adjust("of a correction", late.seq, 1).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(ledger_->Check().ok()) << ledger_->Check();
}

TEST_F(ChangesTest, ALevelIsToldOncePerWindowAlsoAcrossReopenings) {
  Budget budget = BudgetOf("cap", 100);
  budget.levels = {{"soft", 50}, {"80%", 80}, {"100%", 100}};
  SetBudgets({budget});
  EXPECT_TRUE(Record("a", Tokens(49))->events.empty());
  const std::vector<Event> events = Record("b", Tokens(31))->events;
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].level, "soft");
  EXPECT_EQ(events[1].level, "80%");
  EXPECT_EQ(events[1].used, 80);
  EXPECT_EQ(events[1].cap, 100);
  Reopen();
  EXPECT_TRUE(Record("c", Tokens(1))->events.empty());
  EXPECT_EQ(*ledger_->Events(0, 10), events);
  EXPECT_EQ(*ledger_->Events(1, 10), std::vector<Event>{events[1]});
  EXPECT_EQ(Record("d", Tokens(19))->events.at(0).level, "100%");
  now_ms_ += kDay_ms;
  EXPECT_EQ(Record("e", Tokens(50))->events.at(0).level, "soft");
  EXPECT_EQ(ledger_->Events(0, 10)->size(), 4u);
}

TEST_F(ChangesTest, ANoteSaysWhoDidWhatAndCountsNowhere) {
  SetBudgets({BudgetOf("cap", 100)});
  const NoteRequest note{"note", "anna", "a leaver", "what", now_ms_};
  const Entry entry = ledger_->Note(note)->entry;
  EXPECT_EQ(entry.kind, EntryKind::kChanged);
  EXPECT_FALSE(entry.change);
  EXPECT_EQ(entry.actor, "anna");
  EXPECT_EQ(entry.reason, "a leaver");
  EXPECT_EQ(entry.detail, "what");
  EXPECT_EQ(ledger_->Note(note)->entry, entry);
  NoteRequest other = note;
  other.detail = "something else";
  EXPECT_EQ(ledger_->Note(other).status().code(), absl::StatusCode::kAlreadyExists);
  other = {"nobody", "", "", "", now_ms_};
  EXPECT_EQ(ledger_->Note(other).status().code(), absl::StatusCode::kInvalidArgument);
  Reopen();
  EXPECT_EQ(ledger_->Entries({})->at(0), entry);
  EXPECT_EQ(BalanceOf("cap").posted, 0);
  SetBudgets({BudgetOf("cap", 100), BudgetOf("other", 100)});
  EXPECT_EQ(BalanceOf("other").posted, 0);
}

TEST_F(ChangesTest, AnActualAboveItsHoldIsToldAndCounted) {
  SetBudgets({BudgetOf("cap", 100)});
  ASSERT_TRUE(Admits("a", Tokens(10)));
  const Posted posted = *Settle("a", Tokens(14));
  EXPECT_EQ(posted.entry.flags, kOverrun);
  ASSERT_EQ(posted.events.size(), 1u);
  EXPECT_EQ(posted.events[0].kind, EventKind::kOverHold);
  EXPECT_EQ(posted.events[0].amount, 4);
  EXPECT_EQ(ledger_->Rollups(0, kNever)->at(0).overruns, 1u);
}

}  // namespace
}  // namespace tokenfoundry::ledger
