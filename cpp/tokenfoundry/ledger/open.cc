// From disk to memory: the sums are brought up to the newest entry, and holds of an earlier process are settled.
#include <algorithm>

#include "tokenfoundry/ledger/state_internal.h"

namespace tokenfoundry::ledger {
namespace {

absl::StatusOr<uint64_t> Counter(const store::Store& store, store::Family meta, std::string_view key,
                                 uint64_t when_absent) {
  TF_ASSIGN_OR_RETURN(const std::optional<std::string> value, store.Get(meta, key));
  if (!value) return when_absent;
  if (value->size() != 8) return absl::DataLossError("ledger.meta: " + std::string(key) + " is damaged");
  return LoadLittle<uint64_t>(value->data());
}

absl::StatusOr<uint64_t> Seq(std::string_view key) {
  if (key.size() != 8) return Damaged("the key of a numbered record");
  return LoadBig<uint64_t>(key.data());
}

}  // namespace

absl::Status ForEach(const store::Store& store, store::Family family, const store::Store::Range& range,
                     const std::function<absl::Status(std::string_view, std::string_view)>& decode) {
  absl::Status decoded;
  TF_RETURN_IF_ERROR(store.Scan(family, range, [&](std::string_view key, std::string_view value) {
    decoded = decode(key, value);
    return decoded.ok();
  }));
  return decoded;
}

std::vector<store::FamilySpec> Ledger::Families() {
  std::vector<store::FamilySpec> families;
  for (const std::string_view name : {"entries", "holds", "ids", "accounts", "budgets", "blocks", "changes", "credits",
                                      "grants", "sessions", "rollups", "events", "adjusted", "meta"}) {
    const bool point_lookups = name == "ids" || name == "accounts" || name == "rollups";
    families.push_back({"ledger." + std::string(name), 2, 2, point_lookups});
  }
  return families;
}

Ledger::Impl::Impl(const LedgerOptions& options)
    : store_(*options.store), witness_(options.witness), session_idle_ms_(options.session_idle_ms) {}

absl::Status Ledger::Impl::Load(int64_t now_ms) {
  TF_RETURN_IF_ERROR(LoadFamilies());
  {
    const std::lock_guard lock(mu_);
    TF_RETURN_IF_ERROR(LoadBudgets());
    TF_RETURN_IF_ERROR(LoadChanges());
    TF_RETURN_IF_ERROR(LoadState());
    TF_RETURN_IF_ERROR(LoadEntries());
    if (witness_ != nullptr && witness_->size() != next_seq_) {
      return absl::DataLossError("the ledger has " + std::to_string(next_seq_) + " entries and its audit log " +
                                 std::to_string(witness_->size()) +
                                 " leaves: open it read-only and verify it to see which is missing");
    }
    TF_RETURN_IF_ERROR(ReplayTail());
  }
  return LoadHolds(now_ms);
}

absl::Status Ledger::Impl::LoadFamilies() {
  const std::pair<store::Family*, std::string_view> families[] = {
      {&entries_on_disk_, "entries"},   {&holds_on_disk_, "holds"},     {&ids_on_disk_, "ids"},
      {&accounts_on_disk_, "accounts"}, {&budgets_on_disk_, "budgets"}, {&blocks_on_disk_, "blocks"},
      {&changes_on_disk_, "changes"},   {&credits_on_disk_, "credits"}, {&grants_on_disk_, "grants"},
      {&sessions_on_disk_, "sessions"}, {&rollups_on_disk_, "rollups"}, {&events_on_disk_, "events"},
      {&adjusted_on_disk_, "adjusted"}, {&meta_on_disk_, "meta"}};
  for (const auto& [family, name] : families) {
    TF_ASSIGN_OR_RETURN(*family, store_.Lookup("ledger." + std::string(name)));
  }
  return absl::OkStatus();
}

absl::Status Ledger::Impl::ReadBudgets(const store::Store::Snapshot* snapshot,
                                       std::vector<BudgetRecord>* records) const {
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

absl::Status Ledger::Impl::LoadBudgets() {
  std::vector<BudgetRecord> records;
  TF_RETURN_IF_ERROR(ReadBudgets(nullptr, &records));
  for (BudgetRecord& record : records) budgets_.push_back({std::move(record), {}, {}});
  TF_ASSIGN_OR_RETURN(const uint64_t next_id, Counter(store_, meta_on_disk_, "next_budget_id", 1));
  next_budget_id_ = static_cast<uint32_t>(next_id);
  IndexBudgets();
  return absl::OkStatus();
}

// Those of a budget that is not in the set wait for its return.
absl::Status Ledger::Impl::LoadChanges() {
  return ForEach(store_, changes_on_disk_, {}, [&](std::string_view key, std::string_view value) -> absl::Status {
    TF_ASSIGN_OR_RETURN(const uint64_t seq, Seq(key));
    TF_ASSIGN_OR_RETURN(Change change, DecodeChange(value));
    for (BudgetState& state : budgets_) {
      const Budget& budget = state.budget();
      const bool fits =
          budget.name == change.budget && (!change.each || change.each->size() == budget.calls.each.size());
      if (!fits) continue;
      const std::optional<std::string> each = change.each ? std::optional(EachKey(*change.each)) : std::nullopt;
      (change.kind == ChangeKind::kRaise ? state.raises : state.freezes).push_back({seq, change, each});
    }
    return absl::OkStatus();
  });
}

absl::Status Ledger::Impl::LoadState() {
  TF_RETURN_IF_ERROR(
      ForEach(store_, credits_on_disk_, {}, [&](std::string_view key, std::string_view value) -> absl::Status {
        TF_ASSIGN_OR_RETURN(const auto credit, DecodePair(value));
        if (key.size() < 4) return Damaged("a credit's key");
        credits_[std::string(key)] = {credit.first, credit.second};
        return absl::OkStatus();
      }));
  TF_RETURN_IF_ERROR(
      ForEach(store_, grants_on_disk_, {}, [&](std::string_view key, std::string_view value) -> absl::Status {
        TF_ASSIGN_OR_RETURN(const uint64_t seq, Seq(key));
        TF_ASSIGN_OR_RETURN(GrantRecord grant, DecodeGrant(value));
        AddGrant(seq, std::move(grant));
        return absl::OkStatus();
      }));
  TF_RETURN_IF_ERROR(
      ForEach(store_, sessions_on_disk_, {}, [&](std::string_view key, std::string_view value) -> absl::Status {
        TF_ASSIGN_OR_RETURN(const auto session, DecodePair(value));
        sessions_[std::string(key)] = {session.first, session.second};
        session_queue_.emplace_back(key);
        return absl::OkStatus();
      }));
  TF_ASSIGN_OR_RETURN(const auto last_event, store_.Last(events_on_disk_));
  if (last_event) {
    TF_ASSIGN_OR_RETURN(const uint64_t seq, Seq(last_event->first));
    next_event_ = seq + 1;
  }
  return absl::OkStatus();
}

absl::Status Ledger::Impl::LoadEntries() {
  TF_RETURN_IF_ERROR(
      ForEach(store_, blocks_on_disk_, {}, [&](std::string_view, std::string_view value) -> absl::Status {
        TF_ASSIGN_OR_RETURN(const auto times, DecodePair(value));
        blocks_.push_back({times.first, times.second});
        return absl::OkStatus();
      }));
  next_seq_ = blocks_.size() * kBlockEntries;
  blocks_.emplace_back();
  TF_ASSIGN_OR_RETURN(const auto last, store_.Last(entries_on_disk_));
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
  TF_ASSIGN_OR_RETURN(pruned_seq_, Counter(store_, meta_on_disk_, "pruned_seq", 0));
  return absl::OkStatus();
}

// The sums on disk lack at most the last block of entries: some 20 ms.
absl::Status Ledger::Impl::ReplayTail() {
  std::unordered_map<Accounts::Item*, uint64_t> account_through;
  std::unordered_map<WriteBehind<Rollup>::Item*, uint64_t> rollup_through;
  const auto replay = [&](const Entry& entry) -> absl::Status {
    std::string rollup_key = RollupKey(entry.at_ms, entry.axes);
    if (rollups_.Find(rollup_key) == nullptr) {
      TF_ASSIGN_OR_RETURN(const std::optional<std::string> stored, store_.Get(rollups_on_disk_, rollup_key));
      uint64_t through = 0;
      if (stored) {
        TF_ASSIGN_OR_RETURN(const Through<Rollup> on_disk, DecodeRollup(rollup_key, *stored));
        through = on_disk.through;
      }
      TF_ASSIGN_OR_RETURN(WriteBehind<Rollup>::Item* const item, RollupOf(entry));
      rollup_through[item] = through;
    }
    WriteBehind<Rollup>::Item* const rollup = rollups_.Find(rollup_key);
    if (entry.seq >= rollup_through[rollup]) {
      rollup->second.record.Add(entry);
      rollups_.Touch(rollup, entry.seq);
    }
    if (entry.kind == EntryKind::kChanged) return absl::OkStatus();
    for (const uint32_t i : budget_index_.Matching(entry.axes)) {
      const BudgetRecord& record = budgets_[i].record;
      const Budget& budget = record.budget;
      const bool is_session = budget.window.kind == WindowKind::kSession;
      if (is_session && entry.session_start_ms == 0) continue;
      const int64_t start_ms = is_session ? entry.session_start_ms : budgets_[i].BoundsAt(entry.at_ms).start_ms;
      if (start_ms < record.complete_from_ms) continue;
      std::string key = AccountKey(record.id, start_ms, budget, entry.axes);
      if (accounts_.Find(key) == nullptr) {
        TF_ASSIGN_OR_RETURN(const std::optional<std::string> stored, store_.Get(accounts_on_disk_, key));
        Account account;
        uint64_t through = 0;
        if (stored) {
          TF_ASSIGN_OR_RETURN(const Through<AccountRecord> on_disk, DecodeAccount(*stored));
          static_cast<AccountRecord&>(account) = on_disk.record;
          through = on_disk.through;
        }
        account_through[accounts_.Insert(key, account)] = through;
      }
      Accounts::Item* const item = accounts_.Find(key);
      if (entry.seq < account_through[item]) continue;
      item->second.record.Add(Of(entry.amounts, budget.unit));
      accounts_.Touch(item, entry.seq);
    }
    return absl::OkStatus();
  };
  const uint64_t tail = next_seq_ < kBlockEntries ? 0 : next_seq_ - kBlockEntries;
  const uint64_t first_of_block = (blocks_.size() - 1) * kBlockEntries;
  const std::string first = SeqKey(std::min(tail, first_of_block));
  return ForEach(store_, entries_on_disk_, {first}, [&](std::string_view, std::string_view value) -> absl::Status {
    const auto entry = DecodeEntry(value);
    if (!entry.ok()) {  // A reader may go on, to verify and say which one it is.
      blocks_.back() = {INT64_MIN, INT64_MAX};
      return store_.read_only() ? absl::OkStatus() : entry.status();
    }
    if (entry->seq >= first_of_block) blocks_.back().Include(*entry);
    return entry->seq >= tail ? replay(*entry) : absl::OkStatus();
  });
}

absl::Status Ledger::Impl::LoadHolds(int64_t now_ms) {
  std::vector<std::string> ids;
  {
    const std::lock_guard lock(mu_);
    TF_RETURN_IF_ERROR(
        ForEach(store_, holds_on_disk_, {}, [&](std::string_view key, std::string_view value) -> absl::Status {
          TF_ASSIGN_OR_RETURN(HoldRecord record, DecodeHold(value));
          ids.emplace_back(key);
          HoldGrants(record.burns, 1);
          CountHeld(record.amounts, 1);
          if (auto* const session = SessionOf(record)) ++session->second.holds;
          holds_[ids.back()] = {std::move(record), {}};
          return absl::OkStatus();
        }));
    TF_RETURN_IF_ERROR(StandAll());
  }
  if (store_.read_only()) return absl::OkStatus();  // They may belong to the process that writes.
  for (const std::string& id : ids) {
    const auto settle = [&] {
      OpenHold& hold = holds_.at(id);
      Entry entry;
      entry.kind = EntryKind::kRecovered;
      entry.flags = kUncertain;
      entry.id = id;
      entry.at_ms = hold.record.at_ms;
      entry.amounts = hold.record.amounts;
      entry.axes = hold.record.axes;
      entry.session_start_ms = hold.record.session_start_ms;
      entry.detail = hold.record.detail;
      return Post(std::move(entry), &hold, hold.places, now_ms);
    };
    TF_RETURN_IF_ERROR(Locked(store::OnStall::kWait, settle).status());
    ++recovered_;
  }
  return absl::OkStatus();
}

}  // namespace tokenfoundry::ledger
