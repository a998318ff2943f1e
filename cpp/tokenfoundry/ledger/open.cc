#include <algorithm>

#include "tokenfoundry/base/endian.h"
#include "tokenfoundry/ledger/state_internal.h"

namespace tokenfoundry::ledger {
namespace {

// Runs `decode` over a whole family and stops at the first record that does not decode.
absl::Status ForEach(const store::Store& store, store::Family family, const store::Store::Range& range,
                     const std::function<absl::Status(std::string_view, std::string_view)>& decode) {
  absl::Status decoded;
  TF_RETURN_IF_ERROR(store.Scan(family, range, [&](std::string_view key, std::string_view value) {
    decoded = decode(key, value);
    return decoded.ok();
  }));
  return decoded;
}

absl::StatusOr<uint64_t> Counter(const store::Store& store, store::Family meta, std::string_view key,
                                 uint64_t when_absent) {
  TF_ASSIGN_OR_RETURN(const std::optional<std::string> value, store.Get(meta, key));
  if (!value) return when_absent;
  if (value->size() != 8) return absl::DataLossError("ledger.meta: " + std::string(key) + " is damaged");
  return LoadLittle<uint64_t>(value->data());
}

}  // namespace

std::vector<store::FamilySpec> Ledger::Families() {
  return {{"ledger.entries"},
          {"ledger.holds"},
          {"ledger.ids", 1, /*point_lookups=*/true},
          {"ledger.accounts", 1, /*point_lookups=*/true},
          {"ledger.budgets"},
          {"ledger.blocks"},
          {"ledger.meta"}};
}

Ledger::Ledger(const LedgerOptions& options) : store_(*options.store), witness_(options.witness) {}
Ledger::~Ledger() = default;

absl::StatusOr<std::unique_ptr<Ledger>> Ledger::Open(const LedgerOptions& options) {
  if (options.store == nullptr) return absl::InvalidArgumentError("store: missing");
  TF_RETURN_IF_ERROR(ValidateTime(options.now_ms));
  std::unique_ptr<Ledger> ledger(new Ledger(options));
  TF_RETURN_IF_ERROR(ledger->LoadFamilies());
  {
    const std::lock_guard lock(ledger->mu_);
    TF_RETURN_IF_ERROR(ledger->LoadBudgets());
    TF_RETURN_IF_ERROR(ledger->LoadEntries());
    if (options.witness != nullptr && options.witness->size() != ledger->next_seq_) {
      return absl::DataLossError("the ledger has " + std::to_string(ledger->next_seq_) + " entries and its audit log " +
                                 std::to_string(options.witness->size()) +
                                 " leaves: open it read-only and verify it to see which is missing");
    }
  }
  TF_RETURN_IF_ERROR(ledger->LoadHolds(options.now_ms));
  return ledger;
}

absl::Status Ledger::LoadFamilies() {
  const std::pair<store::Family*, std::string_view> families[] = {{&entries_, "ledger.entries"},
                                                                  {&holds_on_disk_, "ledger.holds"},
                                                                  {&ids_, "ledger.ids"},
                                                                  {&accounts_on_disk_, "ledger.accounts"},
                                                                  {&budgets_on_disk_, "ledger.budgets"},
                                                                  {&blocks_on_disk_, "ledger.blocks"},
                                                                  {&meta_, "ledger.meta"}};
  for (const auto& [family, name] : families) {
    TF_ASSIGN_OR_RETURN(*family, store_.Lookup(name));
  }
  return absl::OkStatus();
}

absl::Status Ledger::ReadBudgets(const store::Store::Snapshot* snapshot, std::vector<BudgetRecord>* records) const {
  TF_RETURN_IF_ERROR(
      ForEach(store_, budgets_on_disk_, {{}, {}, snapshot}, [&](std::string_view key, std::string_view value) {
        TF_ASSIGN_OR_RETURN(BudgetRecord record, DecodeBudget(key, value));
        records->push_back(std::move(record));
        return absl::OkStatus();
      }));
  std::sort(records->begin(), records->end(),
            [](const BudgetRecord& a, const BudgetRecord& b) { return a.position < b.position; });
  return absl::OkStatus();
}

absl::Status Ledger::LoadBudgets() {
  std::vector<BudgetRecord> records;
  TF_RETURN_IF_ERROR(ReadBudgets(nullptr, &records));
  for (BudgetRecord& record : records) budgets_.push_back({std::move(record)});
  TF_ASSIGN_OR_RETURN(const uint64_t next_id, Counter(store_, meta_, "next_budget_id", 1));
  next_budget_id_ = static_cast<uint32_t>(next_id);
  return absl::OkStatus();
}

absl::Status Ledger::LoadEntries() {
  TF_RETURN_IF_ERROR(ForEach(store_, blocks_on_disk_, {}, [&](std::string_view, std::string_view value) {
    ByteReader reader(value);
    const int64_t min_at_ms = reader.Little<int64_t>();
    blocks_.push_back({min_at_ms, reader.Little<int64_t>()});
    return reader.AtEnd() ? absl::OkStatus() : absl::DataLossError("ledger.blocks: a record is damaged");
  }));
  next_seq_ = blocks_.size() * kBlockEntries;
  blocks_.emplace_back();
  // The block that is still filling has no record yet: at most kBlockEntries entries, some 10 ms.
  const std::string first = SeqKey(next_seq_);
  TF_RETURN_IF_ERROR(ForEach(store_, entries_, {first}, [&](std::string_view, std::string_view value) {
    const auto entry = DecodeEntry(value);
    if (!entry.ok()) {  // A reader may go on, to verify and say which one it is.
      blocks_.back() = {INT64_MIN, INT64_MAX};
      return store_.read_only() ? absl::OkStatus() : entry.status();
    }
    blocks_.back().min_at_ms = std::min(blocks_.back().min_at_ms, entry->at_ms);
    blocks_.back().max_at_ms = std::max(blocks_.back().max_at_ms, entry->at_ms);
    return absl::OkStatus();
  }));
  TF_ASSIGN_OR_RETURN(const auto last, store_.Last(entries_));
  if (last) {
    const auto entry = DecodeEntry(last->second);
    if (!entry.ok() && !store_.read_only()) return entry.status();
    if (last->first.size() != 8) return absl::DataLossError("ledger.entries: a key is damaged");
    next_seq_ = LoadBig<uint64_t>(last->first.data()) + 1;
    last_posted_at_ms_ = entry.ok() ? entry->posted_at_ms : 0;
  }
  const bool blocks_fit =
      (blocks_.size() - 1) * kBlockEntries <= next_seq_ && next_seq_ < blocks_.size() * kBlockEntries;
  if (!blocks_fit && !store_.read_only()) {
    return absl::DataLossError("the ledger's newest entries are missing: open it read-only and verify it");
  }
  TF_ASSIGN_OR_RETURN(pruned_seq_, Counter(store_, meta_, "pruned_seq", 0));
  return absl::OkStatus();
}

absl::Status Ledger::LoadHolds(int64_t now_ms) {
  std::vector<std::string> ids;
  {
    const std::lock_guard lock(mu_);
    TF_RETURN_IF_ERROR(ForEach(store_, holds_on_disk_, {}, [&](std::string_view key, std::string_view value) {
      TF_ASSIGN_OR_RETURN(HoldRecord record, DecodeHold(value));
      ids.emplace_back(key);
      holds_[ids.back()] = {std::move(record), {}};
      return absl::OkStatus();
    }));
    TF_RETURN_IF_ERROR(StandAll());
  }
  if (store_.read_only()) return absl::OkStatus();  // They may belong to the process that writes.
  for (const std::string& id : ids) {
    TF_RETURN_IF_ERROR(Locked(store::OnStall::kWait, [&] {
                         OpenHold& hold = holds_.at(id);
                         Entry entry;
                         entry.kind = EntryKind::kRecovered;
                         entry.flags = kUncertain;
                         entry.id = id;
                         entry.at_ms = hold.record.at_ms;
                         entry.amounts = hold.record.amounts;
                         entry.axes = hold.record.axes;
                         entry.detail = hold.record.detail;
                         return Post(std::move(entry), &hold, now_ms);
                       }).status());
    ++recovered_;
  }
  return absl::OkStatus();
}

}  // namespace tokenfoundry::ledger
