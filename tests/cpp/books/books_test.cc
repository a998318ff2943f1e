#include "tokenfoundry/books/books.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/cpp/store/full_disk.h"
#include "tests/cpp/store/temp_directory.h"
#include "tokenfoundry/base/endian.h"

namespace tokenfoundry::books {
namespace {

class BooksTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(Reopen().ok()); }

  absl::Status Reopen(bool read_only = false) {
    books_.reset();
    BooksOptions options;
    options.path = directory_ / "books";
    options.read_only = read_only;
    auto opened = Books::Open(options);
    if (!opened.ok()) return opened.status();
    books_ = *std::move(opened);
    return absl::OkStatus();
  }

  void Spend(int calls) {
    for (int i = 0; i < calls; ++i) {
      const std::string id = "call " + std::to_string(books_->ledger().size());
      ASSERT_TRUE(books_->ledger().Reserve({id, {10, 1, 1, 0, 0, 0}, {}, std::nullopt, 0, "detail"}).ok());
      ASSERT_TRUE(books_->ledger().Settle({id, {9, 1, 1, 0, 0, 0}, {}, 0, std::nullopt, 0}).ok());
    }
  }

  void Tamper(const std::string& family, uint64_t seq,
              const std::function<std::optional<std::string>(std::string)>& change) {
    const store::Family in = *books_->store().Lookup(family);
    std::string key;
    AppendBig(&key, seq);
    const auto changed = change(books_->store().Get(in, key)->value());
    store::Batch batch;
    if (changed) {
      batch.Put(in, key, *changed);
    } else {
      batch.Delete(in, key);
    }
    ASSERT_TRUE(books_->store().Write(batch).ok());
  }

  // A damaged entry may keep the books from opening: it is put right in the store.
  void RestoreBelowTheBooks(uint64_t seq, const std::function<std::string(std::string)>& change) {
    books_.reset();
    store::StoreOptions options;
    options.path = directory_ / "books";
    options.families = ledger::Ledger::Families();
    const auto store = store::Store::Open(options).value();
    const store::Family entries = *store->Lookup("ledger.entries");
    std::string key;
    AppendBig(&key, seq);
    store::Batch batch;
    batch.Put(entries, key, change(store->Get(entries, key)->value()));
    ASSERT_TRUE(store->Write(batch).ok());
  }

  TempDirectory directory_;
  std::unique_ptr<Books> books_;
};

TEST_F(BooksTest, EveryEntryIsALeafAndAllOfItVerifies) {
  Spend(100);
  EXPECT_EQ(books_->audit().head().size, 100u);
  ASSERT_TRUE(books_->ledger().Reserve({"left", {1, 0, 0, 0, 0, 0}, {}, std::nullopt, 0, ""}).ok());
  ASSERT_TRUE(Reopen().ok());
  EXPECT_EQ(books_->ledger().recovered(), 1u);
  EXPECT_EQ(books_->audit().head().size, 101u);
  const audit::Verification verified = books_->Verify().value();
  EXPECT_EQ(verified.problem, "");
  EXPECT_EQ(verified.head, books_->audit().head());
}

TEST_F(BooksTest, VerifyFindsNothingWhileEntriesAreBeingAdded) {
  std::thread spender([&] { Spend(300); });
  while (books_->ledger().size() < 300) EXPECT_EQ(books_->Verify()->problem, "");
  spender.join();
}

TEST_F(BooksTest, AFlippedByteInAnyPlaceOfAnEntryIsNamedAlsoToAReader) {
  Spend(3);
  size_t size = 0;
  Tamper("ledger.entries", 1, [&](std::string bytes) { return size = bytes.size(), bytes; });
  for (size_t i = 0; i < size; i += 7) {
    const auto flip = [i](std::string bytes) { return bytes[i] ^= 0x40, bytes; };
    Tamper("ledger.entries", 1, flip);
    ASSERT_TRUE(Reopen(/*read_only=*/true).ok());
    const audit::Verification verified = books_->Verify().value();
    EXPECT_EQ(verified.broken_seq, 1u) << "byte " << i;
    EXPECT_EQ(verified.problem, "the entry is not the one its leaf was made of") << "byte " << i;
    RestoreBelowTheBooks(1, flip);
    ASSERT_TRUE(Reopen().ok());
    ASSERT_EQ(books_->Verify()->problem, "");
  }
}

TEST_F(BooksTest, ADeletedNewestEntryKeepsTheWriterOutAndIsNamedToAReader) {
  Spend(5);
  Tamper("ledger.entries", 4, [](std::string) { return std::nullopt; });
  EXPECT_EQ(Reopen().code(), absl::StatusCode::kDataLoss);
  ASSERT_TRUE(Reopen(/*read_only=*/true).ok());
  const audit::Verification verified = books_->Verify().value();
  EXPECT_EQ(verified.broken_seq, 4u);
  EXPECT_EQ(verified.problem, "the entry is missing");
}

TEST_F(BooksTest, AFailedWriteLeavesTheLogWhereTheLedgerIs) {
  Spend(2);
  ASSERT_TRUE(books_->ledger().Reserve({"a", {1, 0, 0, 0, 0, 0}, {}, std::nullopt, 0, ""}).ok());
  {
    const FullDisk full;
    EXPECT_FALSE(books_->ledger().Settle({"a", {1, 0, 0, 0, 0, 0}, {}, 0, std::nullopt, 0}).ok());
  }
  EXPECT_EQ(books_->audit().head().size, 2u);
  ASSERT_TRUE(Reopen().ok());
  EXPECT_EQ(books_->ledger().size(), 3u);
  EXPECT_EQ(books_->Verify()->problem, "");
}

TEST_F(BooksTest, TablesKeepWhatOthersOwn) {
  ASSERT_TRUE(books_->Put("keys", "k1", "one").ok());
  ASSERT_TRUE(books_->Put("keys", "k2", "two").ok());
  ASSERT_TRUE(books_->Put("settings", "k1", "other").ok());
  ASSERT_TRUE(books_->Delete("keys", "k2").ok());
  ASSERT_TRUE(Reopen().ok());
  EXPECT_EQ(books_->Get("keys", "k1").value(), "one");
  EXPECT_EQ(books_->Get("keys", "k2").value(), std::nullopt);
  EXPECT_EQ(*books_->Items("settings"), (std::vector<std::pair<std::string, std::string>>{{"k1", "other"}}));
  EXPECT_EQ(books_->Put("ledger.entries", "k", "v").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tokenfoundry::books
