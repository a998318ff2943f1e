// Where an amount counts: the account of each matching budget in the window of the call's beginning.
//
// Accounts are kept in memory while they are in use and written with each entry. What an account has posted is always
// the sum of the entries that its budget matches in its window; Check() proves it.
#include <algorithm>

#include "tokenfoundry/base/checked.h"
#include "tokenfoundry/ledger/state_internal.h"

namespace tokenfoundry::ledger {
namespace {

constexpr size_t kIdleAccounts = 65'536;  // Above this many in memory, those without holds are dropped. About 10 MB.

}  // namespace

absl::StatusOr<std::vector<Ledger::Place>> Ledger::PlacesOf(const Axes& axes, int64_t at_ms) {
  std::vector<Place> places;
  for (size_t i = 0; i < budgets_.size(); ++i) {
    if (!budgets_[i].record.budget.Matches(axes)) continue;
    TF_ASSIGN_OR_RETURN(const Place place, PlaceIn(i, axes, at_ms));
    places.push_back(place);
  }
  return places;
}

absl::StatusOr<Ledger::Place> Ledger::PlaceIn(size_t budget, const Axes& axes, int64_t at_ms) {
  const Bounds bounds = budgets_[budget].BoundsAt(at_ms);
  TF_RETURN_IF_ERROR(CompleteFrom(budget, bounds.start_ms));
  const BudgetRecord& record = budgets_[budget].record;
  std::string key = AccountKey(record.id, bounds.start_ms, record.budget, axes);
  auto found = accounts_.find(key);
  if (found == accounts_.end()) {
    TF_ASSIGN_OR_RETURN(const std::optional<std::string> stored, store_.Get(accounts_on_disk_, key));
    Account account;
    if (stored) {
      TF_ASSIGN_OR_RETURN(const AccountRecord on_disk, DecodeAccount(*stored));
      account.posted = on_disk.posted;
      account.entries = on_disk.entries;
    }
    found = accounts_.emplace(std::move(key), account).first;
  }
  return Place{budget, bounds.end_ms, &found->first, &found->second};
}

// A call may begin in a window older than those the budget has counted, e.g. a late one just after midnight under a
// budget made today: that window's accounts are summed from the entries first.
absl::Status Ledger::CompleteFrom(size_t budget, int64_t window_start_ms) {
  BudgetRecord& record = budgets_[budget].record;
  if (window_start_ms >= record.complete_from_ms) return absl::OkStatus();
  std::unordered_map<std::string, Account> sums;
  TF_RETURN_IF_ERROR(Fold({{&record, window_start_ms, record.complete_from_ms}}, blocks_, nullptr, &sums));
  BudgetRecord completed = record;
  completed.complete_from_ms = window_start_ms;
  if (!store_.read_only()) {
    store::Batch batch;
    for (const auto& [key, sum] : sums)
      batch.Put(accounts_on_disk_, key, Encode(AccountRecord{sum.posted, sum.entries}));
    batch.Put(budgets_on_disk_, record.budget.name, Encode(completed));
    TF_RETURN_IF_ERROR(Write(batch).status());
  }
  accounts_.merge(sums);
  record.complete_from_ms = window_start_ms;
  return absl::OkStatus();
}

absl::Status Ledger::Fold(const std::vector<FoldTarget>& targets, const std::vector<Block>& blocks,
                          const store::Store::Snapshot* snapshot,
                          std::unordered_map<std::string, Account>* sums) const {
  if (targets.empty()) return absl::OkStatus();
  int64_t from_ms = INT64_MAX;
  for (const FoldTarget& target : targets) from_ms = std::min(from_ms, target.from_ms);
  absl::Status folded;
  const auto add = [&](std::string_view, std::string_view value) {
    auto entry = DecodeEntry(value);
    if (!entry.ok()) return folded = entry.status(), false;
    for (const FoldTarget& target : targets) {
      const Budget& budget = target.record->budget;
      if (entry->at_ms < target.from_ms || !budget.Matches(entry->axes)) continue;
      const int64_t start_ms = budget.window.BoundsAt(entry->at_ms).start_ms;
      if (start_ms < target.from_ms || start_ms >= target.until_ms) continue;
      Account& sum = (*sums)[AccountKey(target.record->id, start_ms, budget, entry->axes)];
      ++sum.entries;
      sum.posted = SaturatingAdd(sum.posted, Of(entry->amounts, budget.unit));
    }
    return true;
  };
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (blocks[i].max_at_ms < from_ms) continue;
    const std::string first = SeqKey(i * kBlockEntries), end = SeqKey((i + 1) * kBlockEntries);
    TF_RETURN_IF_ERROR(store_.Scan(entries_, {first, end, snapshot}, add));
    TF_RETURN_IF_ERROR(folded);
  }
  return absl::OkStatus();
}

absl::Status Ledger::Stand(OpenHold* hold) {
  TF_ASSIGN_OR_RETURN(hold->places, PlacesOf(hold->record.axes, hold->record.at_ms));
  for (const Place& place : hold->places) {
    const Budget& budget = budgets_[place.budget].record.budget;
    ++place.account->holds;
    if (!CheckedAdd(place.account->held, Of(hold->record.amounts, budget.unit), &place.account->held)) {
      return absl::OutOfRangeError("budget " + budget.name + ": its holds exceed 63 bits");
    }
  }
  return absl::OkStatus();
}

absl::Status Ledger::StandAll() {
  for (auto& [key, account] : accounts_) account.held = 0, account.holds = 0;
  for (auto& [id, hold] : holds_) TF_RETURN_IF_ERROR(Stand(&hold));
  return absl::OkStatus();
}

void Ledger::ForgetIdleAccounts() {
  if (accounts_.size() < std::max(forget_above_, kIdleAccounts)) return;
  std::erase_if(accounts_, [](const auto& item) { return item.second.holds == 0; });
  forget_above_ = 2 * accounts_.size();
}

absl::StatusOr<store::Ticket> Ledger::Write(const store::Batch& batch) {
  auto ticket = store_.Write(batch, store::OnStall::kReturn);
  if (!ticket.ok() && !store::IsStall(ticket.status()) && !store_.read_only()) {
    Poison(std::string(StdView(ticket.status().message()))).IgnoreError();
  }
  return ticket;
}

absl::Status Ledger::health() const {
  const std::lock_guard lock(mu_);
  return poison_.empty() ? absl::OkStatus() : absl::DataLossError("the ledger refuses further work: " + poison_);
}

absl::Status Ledger::Poison(const std::string& cause) {
  if (poison_.empty()) poison_ = cause;
  return absl::DataLossError(cause);
}

}  // namespace tokenfoundry::ledger
