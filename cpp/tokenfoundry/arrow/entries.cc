#include <algorithm>
#include <limits>

#include "tokenfoundry/arrow/ledger_columns_internal.h"

namespace tokenfoundry::arrow {
namespace {

using ledger::Change;
using ledger::Entry;

constexpr uint64_t kPageRows = 2048;      // Read from the ledger at a time: 2 MB of entries.
constexpr uint64_t kPageBytes = 4 << 20;  // Stored; with one entry, at most 16 MiB more.

// What an administrator changed, but for who and why: these stand in the entry's own columns.
class ChangeColumn {
 public:
  explicit ChangeColumn(StructColumn* row)
      : change_(row->Add<StructColumn>("change", Nulls::kAllowed)),
        kind_(change_->Add<DictionaryColumn>("kind")),
        budget_(change_->Add<TextColumn>("budget")),
        each_values_(new TextColumn),
        each_(
            change_->Add("each", std::make_unique<ListColumn>(std::unique_ptr<Column>(each_values_), Nulls::kAllowed))),
        amount_(change_->Add<Int64Column>("amount")),
        start_(change_->Add<TimeColumn>("start")),
        until_(change_->Add<TimeColumn>("until", Nulls::kAllowed)),
        priority_(change_->Add<Int32Column>("priority")),
        price_nano_(change_->Add<Int64Column>("price_nano")),
        price_currency_(change_->Add<TextColumn>("price_currency", Nulls::kAllowed)) {}

  void Append(const std::optional<Change>& change) {
    if (!change) return change_->AppendNull();
    kind_->Append(ledger::kChangeKindNames[static_cast<size_t>(change->kind) - 1]);
    budget_->Append(change->budget);
    if (change->each) {
      for (const std::string& value : *change->each) each_values_->Append(value);
      each_->Append();
    } else {
      each_->AppendNull();
    }
    amount_->Append(change->amount);
    start_->Append(change->from_ms);
    AppendOrNull(change->until_ms, ledger::kNever, until_);
    priority_->Append(change->priority);
    price_nano_->Append(change->price_nano);
    AppendOrNull(change->price_currency, price_currency_);
    change_->Append();
  }

 private:
  StructColumn* const change_;
  DictionaryColumn* const kind_;
  TextColumn* const budget_;
  TextColumn* const each_values_;
  ListColumn* const each_;
  Int64Column* const amount_;
  TimeColumn* const start_;
  TimeColumn* const until_;
  Int32Column* const priority_;
  Int64Column* const price_nano_;
  TextColumn* const price_currency_;
};

class BurnsColumn {
 public:
  explicit BurnsColumn(StructColumn* row)
      : burn_(new StructColumn),
        grant_(burn_->Add<Int64Column>("grant")),
        amount_(burn_->Add<Int64Column>("amount")),
        burns_(row->Add("burns", std::make_unique<ListColumn>(std::unique_ptr<Column>(burn_)))) {}

  void Append(const std::vector<ledger::Burn>& burns) {
    for (const ledger::Burn& burn : burns) {
      grant_->Append(static_cast<int64_t>(burn.grant));
      amount_->Append(burn.amount);
      burn_->Append();
    }
    burns_->Append();
  }

 private:
  StructColumn* const burn_;
  Int64Column* const grant_;
  Int64Column* const amount_;
  ListColumn* const burns_;
};

// All that an entry says. Sequence numbers are int64, which every consumer has: no ledger reaches 2**63 entries.
class EntryColumns {
 public:
  explicit EntryColumns(const StreamOptions& options)
      : seq_(row_.Add<Int64Column>("seq")),
        id_(row_.Add<TextColumn>("id")),
        kind_(row_.Add<DictionaryColumn>("kind")),
        overrun_(row_.Add<BoolColumn>("overrun")),
        uncertain_(row_.Add<BoolColumn>("uncertain")),
        estimated_(row_.Add<BoolColumn>("estimated")),
        at_(row_.Add<TimeColumn>("at")),
        posted_at_(row_.Add<TimeColumn>("posted_at")),
        amounts_(ledger::kUnitNames, &row_),
        tallies_(options.tally_names, &row_),
        axes_(AxisColumns::Sessions::kIncluded, &row_),
        session_start_(row_.Add<TimeColumn>("session_start", Nulls::kAllowed)),
        of_(row_.Add<Int64Column>("of", Nulls::kAllowed)),
        actor_(row_.Add<TextColumn>("actor", Nulls::kAllowed)),
        reason_(row_.Add<TextColumn>("reason", Nulls::kAllowed)),
        detail_(row_.Add<BinaryColumn>("detail")),
        burns_(&row_),
        change_(&row_) {}

  void Append(const Entry& entry) {
    seq_->Append(static_cast<int64_t>(entry.seq));
    id_->Append(entry.id);
    kind_->Append(ledger::kEntryKindNames[static_cast<size_t>(entry.kind) - 1]);
    overrun_->Append((entry.flags & ledger::kOverrun) != 0);
    uncertain_->Append((entry.flags & ledger::kUncertain) != 0);
    estimated_->Append((entry.flags & ledger::kEstimated) != 0);
    at_->Append(entry.at_ms);
    posted_at_->Append(entry.posted_at_ms);
    amounts_.Append(entry.amounts);
    tallies_.Append(entry.tallies);
    axes_.Append(entry.axes);
    AppendOrNull(entry.session_start_ms, 0, session_start_);
    entry.of ? of_->Append(static_cast<int64_t>(*entry.of)) : of_->AppendNull();
    AppendOrNull(entry.change ? entry.change->actor : entry.actor, actor_);
    AppendOrNull(entry.change ? entry.change->reason : entry.reason, reason_);
    detail_->Append(entry.detail);
    burns_.Append(entry.burns);
    change_.Append(entry.change);
    row_.Append();
  }

  StructColumn& row() { return row_; }
  const StructColumn& row() const { return row_; }

 private:
  StructColumn row_;
  Int64Column* const seq_;
  TextColumn* const id_;
  DictionaryColumn* const kind_;
  BoolColumn* const overrun_;
  BoolColumn* const uncertain_;
  BoolColumn* const estimated_;
  TimeColumn* const at_;
  TimeColumn* const posted_at_;
  NumberColumns<ledger::kUnits> amounts_;
  NumberColumns<ledger::kTallies> tallies_;
  AxisColumns axes_;
  TimeColumn* const session_start_;
  Int64Column* const of_;
  TextColumn* const actor_;
  TextColumn* const reason_;
  BinaryColumn* const detail_;
  BurnsColumn burns_;
  ChangeColumn change_;
};

// About: what can be long, and what every entry may have. A change has at most 5 KB more.
size_t BytesOf(const Entry& entry) {
  return entry.id.size() + entry.detail.size() + entry.actor.size() + entry.reason.size() + TextBytes(entry.axes);
}

class EntryReader : public BatchReader {
 public:
  EntryReader(LedgerSource source, const ledger::EntryRange& range, const StreamOptions& options)
      : source_(std::move(source)), range_(range), columns_(options), size_(options) {}

  Owned<ArrowSchema> Schema() const override { return Export(columns_.row().FieldNamed("")); }

  absl::StatusOr<Owned<ArrowArray>> Next() override {
    TF_ASSIGN_OR_RETURN(const std::shared_ptr<const ledger::Ledger> ledger, source_());
    // Entries never change and have no holes: the first `end` of them are a snapshot that nobody has to hold.
    if (!end_seq_) end_seq_ = ledger->size();
    while (!size_.IsFull() && range_.limit > 0 && range_.first_seq < *end_seq_) {
      TF_RETURN_IF_ERROR(ReadPage(*ledger));
    }
    if (size_.IsEmpty()) return Owned<ArrowArray>();
    size_.Clear();
    return columns_.row().Finish();
  }

 private:
  absl::Status ReadPage(const ledger::Ledger& ledger) {
    ledger::EntryRange page = range_;
    page.limit = std::min({range_.limit, kPageRows, static_cast<uint64_t>(size_.RowsLeft())});
    page.max_bytes = kPageBytes;
    TF_ASSIGN_OR_RETURN(const std::vector<Entry> entries, ledger.Entries(page));
    if (entries.empty()) range_.first_seq = *end_seq_;
    for (const Entry& entry : entries) {
      range_.first_seq = entry.seq + 1;
      if (entry.seq >= *end_seq_) break;
      --range_.limit;
      columns_.Append(entry);
      size_.Add(BytesOf(entry));
    }
    return absl::OkStatus();
  }

  const LedgerSource source_;
  ledger::EntryRange range_;  // What is still to be read.
  std::optional<uint64_t> end_seq_;
  EntryColumns columns_;
  BatchSize size_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<BatchReader>> ReadEntries(LedgerSource source, const ledger::EntryRange& range,
                                                         const StreamOptions& options) {
  TF_RETURN_IF_ERROR(options.Validate());
  return std::make_unique<EntryReader>(std::move(source), range, options);
}

}  // namespace tokenfoundry::arrow
