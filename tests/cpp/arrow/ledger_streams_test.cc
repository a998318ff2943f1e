#include "tests/cpp/arrow/arrays.h"
#include "tests/cpp/ledger/ledger_fixture.h"

namespace tokenfoundry::arrow {
namespace {

using ledger::Axis;
using ledger::EntryRange;
using ledger::Tokens;

class LedgerStreams : public ledger::LedgerTest {
 protected:
  LedgerSource Source() {
    return [this]() -> absl::StatusOr<std::shared_ptr<const ledger::Ledger>> {
      if (is_closed_) return absl::FailedPreconditionError("closed");
      return std::shared_ptr<const ledger::Ledger>(ledger_.get(), [](const auto*) {});
    };
  }
  static StreamOptions Options(int64_t batch_rows = 65'536, size_t batch_bytes = 32 << 20) {
    StreamOptions options;
    for (size_t i = 0; i < options.tally_names.size(); ++i)
      options.tally_names[i] = std::string("tally_") + std::to_string(i);
    options.batch_rows = batch_rows;
    options.batch_bytes = batch_bytes;
    return options;
  }
  std::unique_ptr<BatchReader> Entries(const EntryRange& range = {}, const StreamOptions& options = Options()) {
    auto reader = ReadEntries(Source(), range, options);
    EXPECT_TRUE(reader.ok()) << reader.status();
    return *std::move(reader);
  }
  std::unique_ptr<BatchReader> Rollups(const StreamOptions& options = Options()) {
    auto reader = ReadRollups(Source(), 0, ledger::kNever, options);
    EXPECT_TRUE(reader.ok()) << reader.status();
    return *std::move(reader);
  }
  static Owned<ArrowArray> Next(BatchReader& reader) {
    auto batch = reader.Next();
    EXPECT_TRUE(batch.ok()) << batch.status();
    return batch.ok() ? *std::move(batch) : Owned<ArrowArray>();
  }
  static const ArrowArray& Named(const BatchReader& reader, const Owned<ArrowArray>& batch, std::string_view name) {
    const Owned<ArrowSchema> schema = reader.Schema();
    for (int64_t i = 0; i < schema->n_children; ++i) {
      if (schema->children[i]->name == name) return *batch->children[i];
    }
    ADD_FAILURE() << "no column " << name;
    return *batch->children[0];
  }
  static std::vector<std::vector<int64_t>> Seqs(BatchReader& reader) {
    std::vector<std::vector<int64_t>> batches;
    while (Owned<ArrowArray> batch = Next(reader)) {
      batches.push_back(Numbers<int64_t>(Named(reader, batch, "seq"), 1, batch->length));
    }
    return batches;
  }
  void RecordMany(int count) {
    for (int i = 0; i < count; ++i) ASSERT_TRUE(Record(std::to_string(i), Tokens(i)).ok());
  }

  bool is_closed_ = false;
};

TEST_F(LedgerStreams, AnEntryIsOneRowOfEveryColumn) {
  ASSERT_TRUE(Admits("call", Tokens(9), ledger::Project("claims", "k")));
  ASSERT_TRUE(ledger_->Settle({"call", Tokens(10), {1, 2, 3}, ledger::kEstimated, "ab", now_ms_ + 5}).ok());
  const auto reader = Entries();
  const auto batch = Next(*reader);
  ASSERT_EQ(batch->length, 1);
  EXPECT_EQ(batch->n_children, 39);
  const auto bit = [&](std::string_view name) { return Numbers<uint8_t>(Named(*reader, batch, name), 1, 1)[0]; };
  const auto number = [&](std::string_view name) { return Numbers<int64_t>(Named(*reader, batch, name), 1, 1)[0]; };
  EXPECT_EQ(TextsOf(Named(*reader, batch, "id")), Texts{"call"});
  EXPECT_EQ(DecodedTextsOf(Named(*reader, batch, "kind")), Texts{"settled"});
  EXPECT_EQ(bit("overrun"), 1);
  EXPECT_EQ(bit("uncertain"), 0);
  EXPECT_EQ(bit("estimated"), 1);
  EXPECT_EQ(number("at"), now_ms_);
  EXPECT_EQ(number("posted_at"), now_ms_ + 5);
  EXPECT_EQ(number("tokens"), 10);
  EXPECT_EQ(number("tally_2"), 3);
  EXPECT_EQ(DecodedTextsOf(Named(*reader, batch, "project")), Texts{"claims"});
  EXPECT_EQ(DecodedTextsOf(Named(*reader, batch, "workspace")), Texts{std::nullopt});
  EXPECT_EQ(Named(*reader, batch, "session_start").null_count, 1);
  EXPECT_EQ(Named(*reader, batch, "of").null_count, 1);
  EXPECT_EQ(Named(*reader, batch, "change").null_count, 1);
  EXPECT_EQ(Numbers<int64_t>(Named(*reader, batch, "detail"), 1, 2), (std::vector<int64_t>{0, 2}));
  EXPECT_FALSE(Next(*reader));
}

TEST_F(LedgerStreams, ThePublishedTypesStay) {
  std::string formats;
  const Owned<ArrowSchema> schema = Entries()->Schema();
  for (int64_t i = 0; i < schema->n_children; ++i) {
    const ArrowSchema& column = *schema->children[i];
    formats += std::string(column.name) + ":" + column.format + (column.flags != 0 ? "? " : " ");
  }
  EXPECT_EQ(
      formats,
      "seq:l id:u kind:i overrun:b uncertain:b estimated:b at:tsm:UTC posted_at:tsm:UTC money_nano:l tokens:l "
      "requests:l images:l audio:l gpu_ms:l tally_0:l tally_1:l tally_2:l tally_3:l tally_4:l tally_5:l tally_6:l "
      "tally_7:l workspace:i? project:i? consumer:i? key:i? intent:i? alias:i? model:i? region:i? env:i? "
      "session:u? session_start:tsm:UTC? of:l? actor:u? reason:u? detail:Z burns:+l change:+s? ");
}

TEST_F(LedgerStreams, AnEmptyRangeHasASchemaAndNoBatch) {
  const auto reader = Entries();
  EXPECT_EQ(reader->Schema()->n_children, 39);
  EXPECT_FALSE(Next(*reader));
  const auto rollups = Rollups();
  EXPECT_FALSE(Next(*rollups));
}

TEST_F(LedgerStreams, BatchesEndAtTheirRowsAndTheRangeAtItsLimit) {
  RecordMany(10);
  EXPECT_EQ(Seqs(*Entries({2, 7}, Options(3))), (std::vector<std::vector<int64_t>>{{2, 3, 4}, {5, 6, 7}, {8}}));
  EXPECT_TRUE(Seqs(*Entries({0, 0})).empty());
  EXPECT_TRUE(Seqs(*Entries({10})).empty());
}

TEST_F(LedgerStreams, ATimeRangeSkipsWhatBeganOutside) {
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(Record(std::to_string(i), Tokens(1), {}, now_ms_ + i % 3).ok());
  EXPECT_EQ(Seqs(*Entries({0, UINT64_MAX, now_ms_ + 1, now_ms_ + 2})), (std::vector<std::vector<int64_t>>{{1, 4}}));
}

TEST_F(LedgerStreams, LongDetailsEndABatchEarly) {
  for (int i = 0; i < 5; ++i) {
    const std::string detail(3 << 20, 'x');
    ASSERT_TRUE(
        ledger_->Record({std::to_string(i), ledger::EntryKind::kHit, {}, {}, {}, std::nullopt, now_ms_, detail}).ok());
  }
  EXPECT_EQ(Seqs(*Entries({}, Options(100, 5 << 20))), (std::vector<std::vector<int64_t>>{{0, 1}, {2, 3}, {4}}));
}

TEST_F(LedgerStreams, EntriesWrittenMeanwhileAreOfTheNextStream) {
  RecordMany(4);
  const auto reader = Entries({}, Options(3));
  ASSERT_TRUE(Next(*reader));
  ASSERT_TRUE(Record("late", Tokens(1)).ok());
  EXPECT_EQ(Seqs(*reader), (std::vector<std::vector<int64_t>>{{3}}));
}

TEST_F(LedgerStreams, AClosedLedgerIsAnErrorAtTheNextBatch) {
  RecordMany(4);
  const auto reader = Entries({}, Options(3));
  const auto batch = Next(*reader);
  is_closed_ = true;
  EXPECT_EQ(reader->Next().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Numbers<int64_t>(Named(*reader, batch, "seq"), 1, 3), (std::vector<int64_t>{0, 1, 2}));
}

TEST_F(LedgerStreams, RollupsComeHourByHourInBatchesOfAnySize) {
  for (int hour = 0; hour < 5; ++hour) {
    for (const char* project : {"claims", "motor"}) {
      const std::string id = std::string(project) + std::to_string(hour);
      ASSERT_TRUE(Record(id, Tokens(hour), ledger::Project(project), now_ms_ + hour * ledger::kHour_ms).ok());
    }
  }
  for (const int64_t rows : {1, 3, 100}) {
    const auto reader = Rollups(Options(rows));
    std::vector<int64_t> hours, tokens, hits;
    Texts projects;
    const auto append = [](std::vector<int64_t>* to, const ArrowArray& column) {
      for (const int64_t value : Numbers<int64_t>(column, 1, column.length)) to->push_back(value);
    };
    while (Owned<ArrowArray> batch = Next(*reader)) {
      EXPECT_LE(batch->length, rows);
      append(&hours, Named(*reader, batch, "hour"));
      append(&tokens, Named(*reader, batch, "tokens"));
      append(&hits, Named(*reader, batch, "hit"));
      for (auto& text : DecodedTextsOf(Named(*reader, batch, "project"))) projects.push_back(text);
    }
    ASSERT_EQ(hours.size(), 10);
    for (size_t i = 0; i < hours.size(); ++i) {
      const auto hour = static_cast<int64_t>(i) / 2;
      EXPECT_EQ(hours[i], now_ms_ + hour * ledger::kHour_ms);
      EXPECT_EQ(tokens[i], hour);
      EXPECT_EQ(hits[i], 1);
      EXPECT_EQ(projects[i], std::optional<std::string>(i % 2 == 0 ? "motor" : "claims"));
    }
  }
}

TEST_F(LedgerStreams, APageOfRollupsEndsWithItsHourAlsoWhenRowsAreStored) {
  for (int i = 0; i < 9000; ++i) {  // Two blocks: the first hours are stored, the last are in memory.
    const int64_t at_ms = now_ms_ + i / 1000 * ledger::kHour_ms;
    ASSERT_TRUE(Record(std::to_string(i), Tokens(1), ledger::Project(std::to_string(i % 7)), at_ms).ok());
  }
  const auto all = ledger_->Rollups(0, ledger::kNever);
  ASSERT_EQ(all->size(), 63);
  for (const bool is_reopened : {false, true}) {
    if (is_reopened) Reopen();
    for (const uint64_t limit : {1, 7, 8, 50, 63, 64}) {
      std::vector<ledger::Rollup> paged;
      for (int64_t from_ms = 0;;) {
        const auto page = ledger_->Rollups(from_ms, ledger::kNever, limit);
        ASSERT_TRUE(page.ok()) << page.status();
        if (page->empty()) break;
        EXPECT_LT(page->size(), limit + 7);
        from_ms = page->back().hour_ms + ledger::kHour_ms;
        paged.insert(paged.end(), page->begin(), page->end());
      }
      EXPECT_EQ(paged, *all) << limit;
    }
  }
}

TEST_F(LedgerStreams, WrongOptionsAreRefused) {
  EXPECT_FALSE(ReadEntries(Source(), {}, Options(0)).ok());
  EXPECT_FALSE(ReadEntries(Source(), {}, Options(1, 0)).ok());
  EXPECT_FALSE(ReadRollups(Source(), 0, 1, Options((1 << 20) + 1)).ok());
  EXPECT_FALSE(ReadEntries(Source(), {}, StreamOptions()).ok());
}

}  // namespace
}  // namespace tokenfoundry::arrow
