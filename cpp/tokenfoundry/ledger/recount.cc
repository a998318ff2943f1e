// From entries to sums: for a budget that counts anew, and to prove that what is stored is right.
#include "tokenfoundry/ledger/state_internal.h"

namespace tokenfoundry::ledger {
namespace {

int64_t StartOf(const Budget& budget, const Entry& entry) {
  return budget.window.kind == WindowKind::kSession ? entry.session_start_ms
                                                    : budget.window.BoundsAt(entry.at_ms).start_ms;
}

bool Counts(const Budget& budget, const Entry& entry) {
  if (entry.kind == EntryKind::kChanged || !budget.calls.Matches(entry.axes)) return false;
  return budget.window.kind != WindowKind::kSession || entry.session_start_ms != 0;
}

bool IsResetOf(const Budget& budget, const Entry& entry) {
  return entry.change && entry.change->kind == ChangeKind::kReset && entry.change->budget == budget.name;
}

// Whether the reset forgives the account: those that counted when it was made.
bool Forgives(const Entry& reset, const BudgetRecord& record, std::string_view account_key) {
  const auto parts = DecodeAccountKey(account_key);
  if (!parts.ok() || parts->budget_id != record.id) return false;
  if (reset.change->each && *reset.change->each != parts->each) return false;
  const Window& window = record.budget.window;
  if (window.kind == WindowKind::kSession) return parts->window_start_ms <= reset.at_ms;
  const int64_t newest_ms = window.BoundsAt(reset.at_ms).start_ms;
  return parts->window_start_ms <= newest_ms && parts->window_start_ms >= newest_ms - OldestBefore(window);
}

}  // namespace

absl::Status Ledger::Impl::Recount(const std::vector<RecountTarget>& targets, const std::vector<Block>& blocks,
                                   const store::Store::Snapshot* snapshot, Sums* sums) const {
  if (targets.empty()) return absl::OkStatus();
  int64_t from_ms = INT64_MAX;
  for (const RecountTarget& target : targets) from_ms = std::min(from_ms, target.from_ms);
  const auto add = [&](std::string_view, std::string_view value) -> absl::Status {
    TF_ASSIGN_OR_RETURN(const Entry entry, DecodeEntry(value));
    for (const RecountTarget& target : targets) {
      const Budget& budget = target.record->budget;
      if (IsResetOf(budget, entry)) {
        for (auto& [key, sum] : *sums) {
          if (Forgives(entry, *target.record, key)) sum.forgiven = sum.posted;
        }
      }
      if (!Counts(budget, entry)) continue;
      const int64_t start_ms = StartOf(budget, entry);
      if (start_ms < target.from_ms || start_ms >= target.until_ms) continue;
      (*sums)[AccountKey(target.record->id, start_ms, budget, entry.axes)].Add(Of(entry.amounts, budget.unit));
    }
    return absl::OkStatus();
  };
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i].max_at_ms < from_ms) continue;
    const std::string first = SeqKey(i * kBlockEntries), end = SeqKey((i + 1) * kBlockEntries);
    TF_RETURN_IF_ERROR(ForEach(store_, entries_on_disk_, {first, end, snapshot}, add));
  }
  return absl::OkStatus();
}

absl::Status Ledger::Impl::Check() const {
  std::optional<store::Store::Snapshot> snapshot;
  uint64_t next_seq;
  {
    const std::lock_guard lock(mu_);
    snapshot.emplace(store_.TakeSnapshot());
    next_seq = next_seq_;
  }
  TF_RETURN_IF_ERROR(CheckAccounts(*snapshot, next_seq));
  return CheckTotals(*snapshot, next_seq);
}

namespace {

// A stored sum beside what the entries before its `through` give. One that is not stored may lack only entries of the
// last block, which are added when the ledger is opened.
template <typename Record>
struct Compared {
  Record stored;
  Record counted;
  uint64_t through = 0;
  bool is_stored = false;
};

}  // namespace

absl::Status Ledger::Impl::CheckAccounts(const store::Store::Snapshot& snapshot, uint64_t next_seq) const {
  std::vector<BudgetRecord> records;
  TF_RETURN_IF_ERROR(ReadBudgets(&snapshot, &records));
  std::unordered_map<std::string, Compared<AccountRecord>> sums;
  for (const BudgetRecord& record : records) {
    const std::string first = AccountPrefix(record.id, record.complete_from_ms);
    const std::string end = AfterPrefix(AccountPrefix(record.id));
    TF_RETURN_IF_ERROR(ForEach(store_, accounts_on_disk_, {first, end, &snapshot},
                               [&](std::string_view key, std::string_view value) -> absl::Status {
                                 TF_ASSIGN_OR_RETURN(const Through<AccountRecord> stored, DecodeAccount(value));
                                 Compared<AccountRecord>& sum = sums[std::string(key)];
                                 sum.stored = stored.record;
                                 sum.stored.alerted = sum.stored.paced_from_ms = 0;  // Not sums.
                                 sum.through = stored.through;
                                 sum.is_stored = true;
                                 return absl::OkStatus();
                               }));
  }
  const uint64_t tail = next_seq < kBlockEntries ? 0 : next_seq - kBlockEntries;
  const std::string end = SeqKey(next_seq);
  TF_RETURN_IF_ERROR(ForEach(
      store_, entries_on_disk_, {{}, end, &snapshot}, [&](std::string_view, std::string_view value) -> absl::Status {
        TF_ASSIGN_OR_RETURN(const Entry entry, DecodeEntry(value));
        for (const BudgetRecord& record : records) {
          if (IsResetOf(record.budget, entry)) {
            for (auto& [key, sum] : sums) {
              if (entry.seq < sum.through && Forgives(entry, record, key)) sum.counted.forgiven = sum.counted.posted;
            }
          }
          if (!Counts(record.budget, entry)) continue;
          const int64_t start_ms = StartOf(record.budget, entry);
          if (start_ms < record.complete_from_ms) continue;
          Compared<AccountRecord>& sum = sums[AccountKey(record.id, start_ms, record.budget, entry.axes)];
          if (entry.seq < sum.through || (!sum.is_stored && entry.seq < tail)) {
            sum.counted.Add(Of(entry.amounts, record.budget.unit));
          }
        }
        return absl::OkStatus();
      }));
  for (const auto& [key, sum] : sums) {
    if (sum.stored == sum.counted) continue;
    const auto parts = DecodeAccountKey(key);
    const auto record = std::find_if(records.begin(), records.end(), [&](const BudgetRecord& each) {
      return parts.ok() && each.id == parts->budget_id;
    });
    const std::string account = "an account of budget " + (record == records.end() ? "?" : record->budget.name);
    if (!sum.is_stored) return absl::DataLossError(account + " is missing");
    return absl::DataLossError(account + " has posted " + std::to_string(sum.stored.posted) + ", its entries sum to " +
                               std::to_string(sum.counted.posted));
  }
  return absl::OkStatus();
}

absl::Status Ledger::Impl::CheckTotals(const store::Store::Snapshot& snapshot, uint64_t next_seq) const {
  std::unordered_map<std::string, Compared<Rollup>> rollups;
  TF_RETURN_IF_ERROR(ForEach(store_, rollups_on_disk_, {{}, {}, &snapshot},
                             [&](std::string_view key, std::string_view value) -> absl::Status {
                               TF_ASSIGN_OR_RETURN(const Through<Rollup> stored, DecodeRollup(key, value));
                               Compared<Rollup> rollup{stored.record, Rollup{}, stored.through, true};
                               rollup.counted.hour_ms = stored.record.hour_ms;
                               rollup.counted.axes = stored.record.axes;
                               rollups.emplace(key, std::move(rollup));
                               return absl::OkStatus();
                             }));
  std::map<uint64_t, int64_t> spent;
  TF_RETURN_IF_ERROR(ForEach(store_, grants_on_disk_, {{}, {}, &snapshot},
                             [&](std::string_view key, std::string_view value) -> absl::Status {
                               TF_ASSIGN_OR_RETURN(const GrantRecord grant, DecodeGrant(value));
                               if (key.size() != 8) return Damaged("a grant's key");
                               spent[LoadBig<uint64_t>(key.data())] = grant.spent;
                               return absl::OkStatus();
                             }));
  const uint64_t tail = next_seq < kBlockEntries ? 0 : next_seq - kBlockEntries;
  const std::string end = SeqKey(next_seq);
  TF_RETURN_IF_ERROR(ForEach(store_, entries_on_disk_, {{}, end, &snapshot},
                             [&](std::string_view, std::string_view value) -> absl::Status {
                               TF_ASSIGN_OR_RETURN(const Entry entry, DecodeEntry(value));
                               for (const Burn& burn : entry.burns) spent[burn.grant] -= burn.amount;
                               Compared<Rollup>& rollup = rollups[RollupKey(entry.at_ms, entry.axes)];
                               if (entry.seq < rollup.through || (!rollup.is_stored && entry.seq < tail))
                                 rollup.counted.Add(entry);
                               return absl::OkStatus();
                             }));
  for (const auto& [key, rollup] : rollups) {
    if (rollup.stored == rollup.counted) continue;
    if (!rollup.is_stored) return absl::DataLossError("a rollup is missing");
    return absl::DataLossError("the rollup of an hour from " + std::to_string(rollup.stored.hour_ms) +
                               " is not the sum of its entries");
  }
  for (const auto& [seq, left] : spent) {
    if (left != 0) return absl::DataLossError("grant " + std::to_string(seq) + " has not spent what its entries took");
  }
  return absl::OkStatus();
}

}  // namespace tokenfoundry::ledger
