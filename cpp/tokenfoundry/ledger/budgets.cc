// The set of budgets, and what happens to accounts, holds and changes when it is replaced.
#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "tokenfoundry/ledger/state_internal.h"

namespace tokenfoundry::ledger {

absl::StatusOr<store::Ticket> Ledger::Impl::SetBudgets(const std::vector<Budget>& budgets, int64_t now_ms) {
  TF_RETURN_IF_ERROR(ValidateTime(now_ms));
  std::set<std::string_view> names;
  for (const Budget& budget : budgets) {
    TF_RETURN_IF_ERROR(budget.Validate());
    if (!names.insert(budget.name).second) return absl::InvalidArgumentError("budget " + budget.name + " stands twice");
  }
  return Locked(store::OnStall::kWait, [&] { return SetBudgetsLocked(budgets, now_ms); });
}

// The current window, or an earlier one that an open hold stands in.
int64_t Ledger::Impl::FirstWindowNeeded(const Budget& budget, int64_t now_ms) const {
  if (budget.window.kind == WindowKind::kSession) return now_ms;  // Older sessions are counted when they come again.
  const auto first = [&](int64_t at_ms) {
    return budget.window.BoundsAt(at_ms).start_ms - OldestBefore(budget.window);
  };
  int64_t start_ms = first(now_ms);
  for (const auto& [id, hold] : holds_) {
    if (budget.calls.Matches(hold.record.axes)) start_ms = std::min(start_ms, first(hold.record.at_ms));
  }
  return start_ms;
}

absl::StatusOr<store::Ticket> Ledger::Impl::SetBudgetsLocked(const std::vector<Budget>& budgets, int64_t now_ms) {
  std::unordered_map<std::string_view, const BudgetRecord*> before;
  for (const BudgetState& state : budgets_) before[state.budget().name] = &state.record;
  // Budgets that count as before keep their id, and so their accounts; the others get a new one.
  uint32_t next_id = next_budget_id_;
  std::vector<BudgetState> next;
  std::set<uint32_t> kept;
  std::unordered_set<std::string_view> names;
  for (size_t i = 0; i < budgets.size(); ++i) {
    const auto same_name = before.find(budgets[i].name);
    BudgetState state;
    state.record = {0, static_cast<uint32_t>(i), 0, budgets[i]};
    names.insert(budgets[i].name);
    if (same_name != before.end() && same_name->second->budget.CountsLike(budgets[i])) {
      state.record.id = same_name->second->id;
      state.record.complete_from_ms = same_name->second->complete_from_ms;
      kept.insert(state.record.id);
    } else {
      state.record.id = next_id++;
      state.record.complete_from_ms = FirstWindowNeeded(budgets[i], now_ms);
    }
    next.push_back(std::move(state));
  }
  std::vector<RecountTarget> fresh;
  for (const BudgetState& state : next) {
    if (!kept.contains(state.record.id)) fresh.push_back({&state.record, state.record.complete_from_ms, kNever});
  }
  Sums sums;
  TF_RETURN_IF_ERROR(Recount(fresh, blocks_, nullptr, &sums));

  store::Batch batch;
  accounts_.StageAll(next_seq_, accounts_on_disk_, &batch);
  for (const BudgetState& state : budgets_) {
    if (!names.contains(state.budget().name)) batch.Delete(budgets_on_disk_, state.budget().name);
    if (kept.contains(state.record.id)) continue;
    const std::string prefix = AccountPrefix(state.record.id), end = AfterPrefix(prefix);
    batch.DeleteRange(accounts_on_disk_, prefix, end);
    batch.DeleteRange(credits_on_disk_, prefix, end);
  }
  for (const BudgetState& state : next) {
    const auto same_name = before.find(state.budget().name);
    if (same_name != before.end() && *same_name->second == state.record) continue;
    batch.Put(budgets_on_disk_, state.budget().name, Encode(state.record));
  }
  for (const auto& [key, sum] : sums) batch.Put(accounts_on_disk_, key, Encode(sum, next_seq_));
  std::string counter;
  AppendLittle<uint64_t>(&counter, next_id);
  batch.Put(meta_on_disk_, "next_budget_id", counter);
  TF_ASSIGN_OR_RETURN(const store::Ticket ticket, Write(batch));

  budgets_ = std::move(next);
  IndexBudgets();
  next_budget_id_ = next_id;
  std::erase_if(credits_, [&](const auto& item) { return !kept.contains(LoadBig<uint32_t>(item.first.data())); });
  for (auto& [id, hold] : holds_) hold.places.clear();
  accounts_.Clear();
  held_lines_.clear();
  trails_.clear();
  absl::Status ready = LoadChanges();
  if (ready.ok()) ready = StandAll();
  if (!ready.ok()) return Poison(std::string(StdView(ready.message())));
  return ticket;
}

void Ledger::Impl::IndexBudgets() {
  std::vector<Selector> selectors;
  for (const BudgetState& state : budgets_) selectors.push_back(state.budget().calls);
  budget_index_ = SelectorIndex(std::move(selectors));
}

std::vector<Budget> Ledger::Impl::Budgets() const {
  const std::lock_guard lock(mu_);
  std::vector<Budget> budgets;
  for (const BudgetState& state : budgets_) budgets.push_back(state.budget());
  return budgets;
}

}  // namespace tokenfoundry::ledger
