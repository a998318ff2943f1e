#include "tests/cpp/ledger/ledger_fixture.h"
#include "tokenfoundry/ledger/codec_internal.h"

namespace tokenfoundry::ledger {
namespace {

using OpenTest = LedgerTest;

TEST_F(OpenTest, HoldsOfAnEarlierProcessAreSettledAtTheirAmountsAndFlaggedUncertain) {
  SetBudgets({BudgetOf("cap", 100)});
  ASSERT_TRUE(Admits("left", Tokens(40), Project("claims")));
  ASSERT_TRUE(Admits("done", Tokens(20)));
  ASSERT_TRUE(Settle("done", Tokens(15)).ok());
  now_ms_ += kDay_ms;
  Reopen();
  EXPECT_EQ(ledger_->recovered(), 1u);
  EXPECT_TRUE(ledger_->Holds().empty());
  const Entry entry = ledger_->Entries({})->back();
  EXPECT_EQ(entry.id, "left");
  EXPECT_EQ(entry.kind, EntryKind::kRecovered);
  EXPECT_EQ(entry.flags, kUncertain);
  EXPECT_EQ(entry.amounts, Tokens(40));
  EXPECT_EQ(entry.axes, Project("claims"));
  EXPECT_EQ(entry.detail, "detail of left");
  EXPECT_EQ(entry.at_ms, kStart_ms);
  EXPECT_EQ(entry.posted_at_ms, now_ms_);
  EXPECT_EQ(Settle("left", Tokens(40)).status().code(), absl::StatusCode::kFailedPrecondition);
  now_ms_ -= kDay_ms;
  EXPECT_EQ(BalanceOf("cap").posted, 55);
  Reopen();
  EXPECT_EQ(ledger_->recovered(), 0u);
  EXPECT_EQ(ledger_->size(), 2u);
  EXPECT_TRUE(ledger_->Check().ok());
}

TEST_F(OpenTest, AReaderSeesTheHoldsOfTheWriterAndSettlesNone) {
  SetBudgets({BudgetOf("cap", 100)});
  ASSERT_TRUE(Admits("a", Tokens(40)));
  store::StoreOptions options;
  options.path = directory_ / "books";
  options.families = Ledger::Families();
  options.read_only = true;
  const auto store = store::Store::Open(options).value();
  const auto reader = Ledger::Open({store.get(), nullptr, now_ms_}).value();
  EXPECT_EQ(reader->recovered(), 0u);
  EXPECT_EQ(reader->Balances(now_ms_)->front().held, 40);
  EXPECT_EQ(reader->Balances(now_ms_ - 5 * kDay_ms)->front().posted, 0);  // A window it never counted.
  EXPECT_TRUE(reader->Check().ok());
  EXPECT_EQ(reader->Settle({"a", Tokens(1), {}, 0, std::nullopt, now_ms_}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Settle("a", Tokens(1)).ok());
}

TEST_F(OpenTest, ManyEntriesKeepTheirSequenceAndTheirTimesOverBlocksAndReopenings) {
  SetBudgets({BudgetOf("cap", 1'000'000)});
  for (int i = 0; i < 5000; ++i) {
    ASSERT_TRUE(Record(std::to_string(i), Tokens(1), {}, kStart_ms + i).ok());
    if (i == 4095 || i == 4096) Reopen();
  }
  EXPECT_EQ(ledger_->size(), 5000u);
  EXPECT_EQ(ledger_->Entries({0, 10'000, kStart_ms + 4090, kStart_ms + 4100})->size(), 10u);
  EXPECT_EQ(ledger_->Entries({4999, 10, INT64_MIN, kNever})->front().id, "4999");
  SetBudgets({BudgetOf("cap", 1'000'000), BudgetOf("new", 1'000'000)});
  EXPECT_EQ(BalanceOf("new").posted, 5000);
  EXPECT_TRUE(ledger_->Check().ok());
}

TEST_F(OpenTest, CheckNamesAnAccountThatIsNotTheSumOfItsEntries) {
  SetBudgets({BudgetOf("cap", 100)});
  ASSERT_TRUE(Admits("a", Tokens(40)));
  ASSERT_TRUE(Settle("a", Tokens(40)).ok());
  SetBudgets({BudgetOf("cap", 200)});  // Stores the accounts.
  ASSERT_TRUE(ledger_->Check().ok());
  const store::Family accounts = *store_->Lookup("ledger.accounts");
  std::string key;
  ASSERT_TRUE(store_->Scan(accounts, {}, [&](auto found, auto) { return key = found, true; }).ok());
  store::Batch batch;
  batch.Put(accounts, key, Encode(AccountRecord{39, 1}, 1));
  ASSERT_TRUE(store_->Write(batch).ok());
  const absl::Status checked = ledger_->Check();
  EXPECT_EQ(checked.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(StdView(checked.message()).find("budget cap has posted 39, its entries sum to 40"), std::string::npos)
      << checked;
}

TEST_F(OpenTest, CheckMissesAnAccountOfEntriesOlderThanABlock) {
  SetBudgets({BudgetOf("cap", 1 << 20)});
  for (int i = 0; i < 9000; ++i) ASSERT_TRUE(Record(std::to_string(i), Tokens(1)).ok());
  ASSERT_TRUE(ledger_->Check().ok());
  const store::Family accounts = *store_->Lookup("ledger.accounts");
  std::string key;
  ASSERT_TRUE(store_->Scan(accounts, {}, [&](auto found, auto) { return key = found, true; }).ok());
  store::Batch gone;
  gone.Delete(accounts, key);
  ASSERT_TRUE(store_->Write(gone).ok());
  EXPECT_EQ(ledger_->Check().message(), "an account of budget cap is missing");
}

TEST_F(OpenTest, SumsThatAreStoredLateAreWholeAfterEveryReopening) {
  SetBudgets({BudgetOf("cap", 1 << 20), BudgetOf("ever", 1 << 20, Unit::kTokens, WindowKind::kLifetime)});
  int64_t posted = 0;
  for (const int count : {1, 4094, 1, 1, 5000, 4096, 3}) {
    for (int i = 0; i < count; ++i) ASSERT_TRUE(Record(std::to_string(posted++), Tokens(1)).ok());
    Reopen();
    ASSERT_EQ(BalanceOf("cap").posted, posted);
    ASSERT_EQ(BalanceOf("ever").posted, posted);
    const std::vector<Rollup> rollups = *ledger_->Rollups(0, kNever);
    ASSERT_EQ(rollups.size(), 1u);
    ASSERT_EQ(Of(rollups[0].amounts, Unit::kTokens), posted);
    ASSERT_TRUE(ledger_->Check().ok()) << ledger_->Check();
  }
}

TEST(Codec, EveryRecordIsReadBackAndARecordCutAnywhereIsDamaged) {
  Entry entry;
  entry.seq = 7, entry.kind = EntryKind::kRecovered, entry.flags = kUncertain, entry.at_ms = 1, entry.posted_at_ms = 2;
  entry.amounts = {1, 2, 3, 4, 5, 6}, entry.id = "id", entry.axes = Project("p", "k"), entry.detail = "detail";
  const std::string bytes = Encode(entry);
  EXPECT_EQ(*DecodeEntry(bytes), entry);
  const HoldRecord hold{5, {1, 2, 3, 4, 5, 6}, Project("p"), 7, {{8, 9}, {10, 11}}, "d"};
  EXPECT_EQ(*DecodeHold(Encode(hold)), hold);
  BudgetRecord budget{9, 2, -5, Matching(BudgetOf("b", 10), Axis::kModel, {"x", "*"})};
  budget.budget.calls.each = {Axis::kKey, Axis::kEnv};
  const std::string budget_bytes = Encode(budget);
  const BudgetRecord again = *DecodeBudget("b", budget_bytes);
  EXPECT_TRUE(again.budget.CountsLike(budget.budget));
  EXPECT_EQ(again.id, 9u);
  EXPECT_EQ(again.complete_from_ms, -5);
  for (size_t i = 0; i < bytes.size(); ++i) EXPECT_FALSE(DecodeEntry(bytes.substr(0, i)).ok()) << i;
  for (size_t i = 0; i < budget_bytes.size(); ++i) EXPECT_FALSE(DecodeBudget("b", budget_bytes.substr(0, i)).ok()) << i;
  EXPECT_FALSE(DecodeEntry(bytes + "x").ok());
}

TEST(Codec, AccountKeysSortByBudgetThenWindowAndTellTheirValuesApart) {
  Budget budget = BudgetOf("b", 1);
  budget.calls.each = {Axis::kProject, Axis::kKey};
  const auto key = [&](uint32_t id, int64_t start_ms, const Axes& axes) {
    return AccountKey(id, start_ms, budget, axes);
  };
  EXPECT_LT(key(1, -1, Project("z")), key(1, 0, Project("a")));
  EXPECT_LT(key(1, kNever, Project("z")), key(2, INT64_MIN, Project("a")));
  EXPECT_NE(key(1, 0, Project("ab", "c")), key(1, 0, Project("a", "bc")));
  const AccountKeyParts parts = *DecodeAccountKey(key(3, -5, Project("p", "k")));
  EXPECT_EQ(parts.budget_id, 3u);
  EXPECT_EQ(parts.window_start_ms, -5);
  EXPECT_EQ(parts.each, (std::vector<std::string>{"p", "k"}));
}

}  // namespace
}  // namespace tokenfoundry::ledger
