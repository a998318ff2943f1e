#include <gtest/gtest.h>

#include "tests/cpp/store/temp_directory.h"
#include "tokenfoundry/audit/audit.h"
#include "tokenfoundry/base/endian.h"

namespace tokenfoundry::audit {
namespace {

class AuditLog : public ::testing::Test {
 protected:
  void SetUp() override { Reopen(); }

  void Reopen(bool read_only = false) {
    log_.reset();
    store_.reset();
    store::StoreOptions options;
    options.path = directory_ / "books";
    options.families = Log::Families();
    options.families.push_back({"test.records"});
    options.read_only = read_only;
    auto store = store::Store::Open(options);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    auto log = Log::Open({store_.get(), "test.records"});
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }

  static std::string Key(uint64_t seq) {
    std::string key;
    AppendBig(&key, seq);
    return key;
  }

  void Append(int count) {
    for (int i = 0; i < count; ++i) {
      const uint64_t seq = log_->head().size;
      const std::string record = "record " + std::to_string(seq);
      store::Batch batch;
      batch.Put(*store_->Lookup("test.records"), Key(seq), record);
      log_->Stage(record, &batch);
      ASSERT_TRUE(store_->Write(batch).ok());
      log_->Commit();
    }
  }

  void Tamper(const std::string& family, uint64_t seq, std::optional<std::string> value) {
    store::Batch batch;
    if (value) {
      batch.Put(*store_->Lookup(family), Key(seq), *value);
    } else {
      batch.Delete(*store_->Lookup(family), Key(seq));
    }
    ASSERT_TRUE(store_->Write(batch).ok());
  }

  TempDirectory directory_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Log> log_;
};

TEST_F(AuditLog, VerifiesWhatItHoldsAcrossReopenings) {
  EXPECT_EQ(log_->Verify()->problem, "");
  Append(1500);
  const Head head = log_->head();
  Reopen();
  EXPECT_EQ(log_->head(), head);
  Append(3);
  const Verification verified = log_->Verify().value();
  EXPECT_EQ(verified.problem, "");
  EXPECT_EQ(verified.head.size, 1503u);
  Reopen(/*read_only=*/true);
  EXPECT_EQ(log_->Verify()->problem, "");
}

TEST_F(AuditLog, WhatWasStagedAndDiscardedLeavesNoTrace) {
  Append(3);
  const Head head = log_->head();
  store::Batch never_written;
  log_->Stage("lost", &never_written);
  log_->Discard();
  EXPECT_EQ(log_->head(), head);
  Append(2);
  EXPECT_EQ(log_->Verify()->problem, "");
}

struct Case {
  const char* name;
  const char* family;
  uint64_t seq;
  std::optional<std::string> value;  // Absent: deleted.
  const char* problem;
};

TEST_F(AuditLog, NamesTheFirstRecordThatIsNotAsItWasWritten) {
  Append(2000);
  const Case cases[] = {
      {"changed record", "test.records", 1234, "recorD 1234", "the entry is not the one its leaf was made of"},
      {"deleted record", "test.records", 777, std::nullopt, "the entry is missing"},
      {"deleted last record", "test.records", 1999, std::nullopt, "the entry is missing"},
      {"changed leaf", "audit.leaves", 0, std::string(32, 'x'), "the entry is not the one its leaf was made of"},
      {"deleted leaf", "audit.leaves", 1024, std::nullopt, "the leaf is missing"},
      {"inserted record", "test.records", 2000, "one more", "the entry has no leaf"},
  };
  for (const Case& tampered : cases) {
    const auto before = store_->Get(*store_->Lookup(tampered.family), Key(tampered.seq)).value();
    Tamper(tampered.family, tampered.seq, tampered.value);
    const Verification verified = log_->Verify().value();
    EXPECT_EQ(verified.problem, tampered.problem) << tampered.name;
    EXPECT_EQ(verified.broken_seq, tampered.seq) << tampered.name;
    Tamper(tampered.family, tampered.seq, before);
    ASSERT_EQ(log_->Verify()->problem, "") << tampered.name;
  }
}

TEST_F(AuditLog, ARecordChangedTogetherWithItsLeafStillChangesTheRoot) {
  Append(100);
  const Digest leaf = LeafHash("another");
  Tamper("test.records", 50, "another");
  Tamper("audit.leaves", 50, std::string(View(leaf)));
  const Verification verified = log_->Verify().value();
  EXPECT_EQ(verified.problem, "the leaves do not give the stored head");
  EXPECT_EQ(verified.broken_seq, std::nullopt);
}

TEST_F(AuditLog, ADamagedHeadIsOpenedOnlyToReadAndThenNamed) {
  Append(5);
  const store::Family heads = *store_->Lookup("audit.heads");
  std::string head = store_->Get(heads, "head")->value();
  head[10] ^= 1;
  store::Batch batch;
  batch.Put(heads, "head", head);
  ASSERT_TRUE(store_->Write(batch).ok());
  log_.reset();
  EXPECT_EQ(Log::Open({store_.get(), "test.records"}).status().code(), absl::StatusCode::kDataLoss);
  Reopen(/*read_only=*/true);
  EXPECT_EQ(log_->Verify()->problem, "the leaves do not give the stored head");
}

}  // namespace
}  // namespace tokenfoundry::audit
