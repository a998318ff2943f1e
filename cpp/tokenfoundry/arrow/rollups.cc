#include <string>

#include "tokenfoundry/arrow/ledger_columns_internal.h"

namespace tokenfoundry::arrow {
namespace {

using ledger::Rollup;

constexpr uint64_t kPageRows = 4096;  // And the rest of the hour.

class RollupColumns {
 public:
  explicit RollupColumns(const StreamOptions& options)
      : hour_(row_.Add<TimeColumn>("hour")),
        axes_(AxisColumns::Sessions::kLeftOut, &row_),
        entries_(ledger::kEntryKindNames, &row_),
        flagged_(std::array{"overruns", "uncertain", "estimated"}, &row_),
        amounts_(ledger::kUnitNames, &row_),
        tallies_(options.tally_names, &row_) {}

  void Append(const Rollup& rollup) {
    hour_->Append(rollup.hour_ms);
    axes_.Append(rollup.axes);
    entries_.Append(rollup.entries);
    flagged_.Append(std::array{rollup.overruns, rollup.uncertain, rollup.estimated});
    amounts_.Append(rollup.amounts);
    tallies_.Append(rollup.tallies);
    row_.Append();
  }

  StructColumn& row() { return row_; }
  const StructColumn& row() const { return row_; }

 private:
  StructColumn row_;
  TimeColumn* const hour_;
  AxisColumns axes_;
  NumberColumns<ledger::kEntryKinds> entries_;
  NumberColumns<3> flagged_;
  NumberColumns<ledger::kUnits> amounts_;
  NumberColumns<ledger::kTallies> tallies_;
};

class RollupReader : public BatchReader {
 public:
  RollupReader(LedgerSource source, int64_t from_ms, int64_t until_ms, const StreamOptions& options)
      : source_(std::move(source)), from_ms_(from_ms), until_ms_(until_ms), columns_(options), size_(options) {}

  Owned<ArrowSchema> Schema() const override { return Export(columns_.row().FieldNamed("")); }

  absl::StatusOr<Owned<ArrowArray>> Next() override {
    TF_ASSIGN_OR_RETURN(const std::shared_ptr<const ledger::Ledger> ledger, source_());
    while (!size_.IsFull()) {
      if (next_ == page_.size()) TF_RETURN_IF_ERROR(ReadPage(*ledger));
      if (page_.empty()) break;
      const Rollup& rollup = page_[next_++];
      columns_.Append(rollup);
      size_.Add(TextBytes(rollup.axes));
    }
    if (size_.IsEmpty()) return Owned<ArrowArray>();
    size_.Clear();
    return columns_.row().Finish();
  }

 private:
  // Whole hours, so that the next page begins with another one. Empty at the end.
  absl::Status ReadPage(const ledger::Ledger& ledger) {
    next_ = 0;
    page_.clear();
    if (from_ms_ >= until_ms_) return absl::OkStatus();
    TF_ASSIGN_OR_RETURN(page_, ledger.Rollups(from_ms_, until_ms_, kPageRows));
    from_ms_ = page_.empty() ? until_ms_ : page_.back().hour_ms + ledger::kHour_ms;
    return absl::OkStatus();
  }

  const LedgerSource source_;
  int64_t from_ms_;  // What is still to be read.
  const int64_t until_ms_;
  std::vector<Rollup> page_;
  size_t next_ = 0;
  RollupColumns columns_;
  BatchSize size_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<BatchReader>> ReadRollups(LedgerSource source, int64_t from_ms, int64_t until_ms,
                                                         const StreamOptions& options) {
  TF_RETURN_IF_ERROR(options.Validate());
  return std::make_unique<RollupReader>(std::move(source), from_ms, until_ms, options);
}

}  // namespace tokenfoundry::arrow
