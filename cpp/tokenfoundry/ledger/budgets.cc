#include <algorithm>
#include <set>

#include "tokenfoundry/base/endian.h"
#include "tokenfoundry/ledger/state_internal.h"

namespace tokenfoundry::ledger {

absl::StatusOr<store::Ticket> Ledger::SetBudgets(const std::vector<Budget>& budgets, int64_t now_ms) {
  TF_RETURN_IF_ERROR(ValidateTime(now_ms));
  std::set<std::string_view> names;
  for (const Budget& budget : budgets) {
    TF_RETURN_IF_ERROR(budget.Validate());
    if (!names.insert(budget.name).second) return absl::InvalidArgumentError("budget " + budget.name + " stands twice");
  }
  return Locked(store::OnStall::kWait, [&] { return SetBudgetsLocked(budgets, now_ms); });
}

// The current window, or an earlier one that an open hold stands in.
int64_t Ledger::FirstWindowNeeded(const Budget& budget, int64_t now_ms) const {
  int64_t start_ms = budget.window.BoundsAt(now_ms).start_ms;
  for (const auto& [id, hold] : holds_) {
    if (!budget.Matches(hold.record.axes)) continue;
    start_ms = std::min(start_ms, budget.window.BoundsAt(hold.record.at_ms).start_ms);
  }
  return start_ms;
}

absl::StatusOr<store::Ticket> Ledger::SetBudgetsLocked(const std::vector<Budget>& budgets, int64_t now_ms) {
  // Budgets that count as before keep their id, and so their accounts; the others get a new one.
  uint32_t next_id = next_budget_id_;
  std::vector<BudgetState> next;
  std::set<uint32_t> kept;
  for (size_t i = 0; i < budgets.size(); ++i) {
    const auto before = std::find_if(budgets_.begin(), budgets_.end(), [&](const BudgetState& state) {
      return state.record.budget.name == budgets[i].name && state.record.budget.CountsLike(budgets[i]);
    });
    BudgetRecord record{0, static_cast<uint32_t>(i), 0, budgets[i]};
    if (before != budgets_.end()) {
      record.id = before->record.id;
      record.complete_from_ms = before->record.complete_from_ms;
      kept.insert(record.id);
    } else {
      record.id = next_id++;
      record.complete_from_ms = FirstWindowNeeded(budgets[i], now_ms);
    }
    next.push_back({std::move(record)});
  }
  std::vector<FoldTarget> fresh;
  for (const BudgetState& state : next) {
    if (!kept.contains(state.record.id)) fresh.push_back({&state.record, state.record.complete_from_ms, kNever});
  }
  std::unordered_map<std::string, Account> sums;
  TF_RETURN_IF_ERROR(Fold(fresh, blocks_, nullptr, &sums));

  store::Batch batch;
  for (const BudgetState& state : budgets_) {
    batch.Delete(budgets_on_disk_, state.record.budget.name);
    if (kept.contains(state.record.id)) continue;
    const std::string prefix = AccountPrefix(state.record.id), end = AfterPrefix(prefix);
    TF_RETURN_IF_ERROR(store_.Scan(accounts_on_disk_, {prefix, end}, [&](std::string_view key, std::string_view) {
      batch.Delete(accounts_on_disk_, key);
      return true;
    }));
  }
  for (const BudgetState& state : next) batch.Put(budgets_on_disk_, state.record.budget.name, Encode(state.record));
  for (const auto& [key, sum] : sums) batch.Put(accounts_on_disk_, key, Encode(AccountRecord{sum.posted, sum.entries}));
  std::string counter;
  AppendLittle<uint64_t>(&counter, next_id);
  batch.Put(meta_, "next_budget_id", counter);
  TF_ASSIGN_OR_RETURN(const store::Ticket ticket, Write(batch));

  budgets_ = std::move(next);
  next_budget_id_ = next_id;
  for (auto& [id, hold] : holds_) hold.places.clear();
  accounts_.clear();
  if (const absl::Status stood = StandAll(); !stood.ok()) return Poison(std::string(StdView(stood.message())));
  return ticket;
}

std::vector<Budget> Ledger::Budgets() const {
  const std::lock_guard lock(mu_);
  std::vector<Budget> budgets;
  for (const BudgetState& state : budgets_) budgets.push_back(state.record.budget);
  return budgets;
}

}  // namespace tokenfoundry::ledger
