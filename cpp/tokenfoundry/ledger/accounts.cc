// Where an amount counts: the account of each matching budget in the window of the call's beginning.
//
// What an account has posted is always the sum of the entries that its budget matches in its window; Check() proves it.
#include <algorithm>

#include "tokenfoundry/base/checked.h"
#include "tokenfoundry/ledger/state_internal.h"

namespace tokenfoundry::ledger {
namespace {

constexpr size_t kIdleAccounts = 65'536;  // Above this many in memory, those without holds are dropped. About 15 MB.
constexpr size_t kIdleRollups = 16'384;

}  // namespace

absl::StatusOr<std::vector<Ledger::Impl::Place>> Ledger::Impl::PlacesOf(const Axes& axes, int64_t at_ms,
                                                                        int64_t session_start_ms) {
  std::vector<Place> places;
  for (const uint32_t i : budget_index_.Matching(axes)) {
    Bounds window = budgets_[i].BoundsAt(at_ms);
    if (budgets_[i].budget().window.kind == WindowKind::kSession) {
      if (session_start_ms == 0) continue;
      window.start_ms = session_start_ms;
    }
    TF_ASSIGN_OR_RETURN(const Place place, PlaceIn(i, axes, window));
    places.push_back(place);
  }
  return places;
}

absl::StatusOr<Ledger::Impl::Place> Ledger::Impl::PlaceIn(size_t budget, const Axes& axes, const Bounds& window) {
  const bool is_rolling = budgets_[budget].is_rolling();
  const int64_t counted_from_ms =
      is_rolling ? window.start_ms - kRollingSlots * SlotOf(budgets_[budget]) : window.start_ms;
  TF_RETURN_IF_ERROR(CompleteFrom(budget, counted_from_ms));
  const BudgetRecord& record = budgets_[budget].record;
  TF_ASSIGN_OR_RETURN(Accounts::Item* const item,
                      AccountAt(AccountKey(record.id, window.start_ms, record.budget, axes)));
  return Place{budget, window, item};
}

absl::StatusOr<Ledger::Impl::Accounts::Item*> Ledger::Impl::AccountAt(std::string key) {
  if (Accounts::Item* const found = accounts_.Find(key)) return found;
  TF_ASSIGN_OR_RETURN(const Account account, Peek(key));
  return accounts_.Insert(std::move(key), account);
}

absl::StatusOr<Ledger::Impl::Account> Ledger::Impl::Peek(const std::string& key) const {
  if (const auto found = accounts_.items().find(key); found != accounts_.items().end()) return found->second.record;
  Account account;
  TF_ASSIGN_OR_RETURN(const std::optional<std::string> stored, store_.Get(accounts_on_disk_, key));
  if (stored) {
    TF_ASSIGN_OR_RETURN(const Through<AccountRecord> on_disk, DecodeAccount(*stored));
    static_cast<AccountRecord&>(account) = on_disk.record;
  }
  return account;
}

// A call may begin in a window older than those the budget has counted, e.g. a late one just after midnight under a
// budget made today: that window's accounts are summed from the entries first.
absl::Status Ledger::Impl::CompleteFrom(size_t budget, int64_t window_start_ms) {
  BudgetRecord& record = budgets_[budget].record;
  if (window_start_ms >= record.complete_from_ms) return absl::OkStatus();
  Sums sums;
  TF_RETURN_IF_ERROR(Recount({{&record, window_start_ms, record.complete_from_ms}}, blocks_, nullptr, &sums));
  BudgetRecord completed = record;
  completed.complete_from_ms = window_start_ms;
  if (!store_.read_only()) {
    store::Batch batch;
    for (const auto& [key, sum] : sums) batch.Put(accounts_on_disk_, key, Encode(sum, next_seq_));
    batch.Put(budgets_on_disk_, record.budget.name, Encode(completed));
    TF_RETURN_IF_ERROR(Write(batch).status());
  }
  for (auto& [key, sum] : sums) {
    Account account;
    static_cast<AccountRecord&>(account) = sum;
    accounts_.Insert(key, account);
  }
  record.complete_from_ms = window_start_ms;
  return absl::OkStatus();
}

// -- rolling windows
// ---------------------------------------------------------------------------------------------------

absl::StatusOr<Ledger::Impl::Slot> Ledger::Impl::SlotAt(const Place& place, int64_t start_ms) const {
  TF_ASSIGN_OR_RETURN(const Account slot,
                      Peek(AccountKey(budgets_[place.budget].record.id, start_ms, EachOf(place.key()))));
  return Slot{UsedOf(slot), slot.held};
}

// Moves on to the newest slot that has amounts and shares a window with the place's, at least to the place's own.
absl::StatusOr<Ledger::Impl::Trail*> Ledger::Impl::TrailOf(const Place& place) {
  const int64_t slot_ms = SlotOf(budgets_[place.budget]), length_ms = kRollingSlots * slot_ms;
  const int64_t own_ms = place.window.start_ms;
  const auto [found, is_new] = trails_.try_emplace(LineKey(place.key()));
  Trail& trail = found->second;
  const auto add = [&](int64_t start_ms, int sign) -> absl::Status {
    TF_ASSIGN_OR_RETURN(const Slot slot, SlotAt(place, start_ms));
    trail.sum.used = SaturatingAdd(trail.sum.used, sign * slot.used);
    trail.sum.held += sign * slot.held;
    return absl::OkStatus();
  };
  const auto look = [&](int64_t start_ms) -> absl::Status {
    TF_ASSIGN_OR_RETURN(const Slot slot, SlotAt(place, start_ms));
    if (slot.used > 0 || slot.held > 0) trail.latest_start_ms = std::max(trail.latest_start_ms, start_ms);
    return absl::OkStatus();
  };
  const auto move = [&, is_new = is_new]() -> absl::Status {
    if (is_new || own_ms > trail.newest_start_ms + length_ms || own_ms < trail.newest_start_ms - length_ms) {
      trail = {own_ms, own_ms, {}};
      for (int i = 0; i <= kRollingSlots; ++i) TF_RETURN_IF_ERROR(add(own_ms - i * slot_ms, 1));
      for (int i = 1; i <= kRollingSlots; ++i) TF_RETURN_IF_ERROR(look(own_ms + i * slot_ms));
    }
    while (trail.newest_start_ms < std::max(own_ms, std::min(trail.latest_start_ms, own_ms + length_ms))) {
      TF_RETURN_IF_ERROR(add(trail.newest_start_ms - length_ms, -1));
      trail.newest_start_ms += slot_ms;
      if (trail.newest_start_ms <= trail.latest_start_ms) TF_RETURN_IF_ERROR(add(trail.newest_start_ms, 1));
      TF_RETURN_IF_ERROR(look(trail.newest_start_ms + length_ms));
    }
    return absl::OkStatus();
  };
  if (const absl::Status moved = move(); !moved.ok()) {
    trails_.erase(found);  // Half moved.
    return moved;
  }
  return &trail;
}

// A call counts in every window that contains its slot: what the fullest of them holds. Mostly that is the newest, as
// nothing is newer than the call.
absl::StatusOr<Ledger::Impl::Slot> Ledger::Impl::FullestOf(const Place& place) {
  const int64_t slot_ms = SlotOf(budgets_[place.budget]);
  TF_ASSIGN_OR_RETURN(const Trail* trail, TrailOf(place));
  Slot window = trail->sum, fullest = window;
  for (int64_t newest_ms = trail->newest_start_ms; newest_ms > place.window.start_ms; newest_ms -= slot_ms) {
    TF_ASSIGN_OR_RETURN(const Slot left, SlotAt(place, newest_ms));
    TF_ASSIGN_OR_RETURN(const Slot entered, SlotAt(place, newest_ms - (kRollingSlots + 1) * slot_ms));
    window = {window.used - left.used + entered.used, window.held - left.held + entered.held};
    const __int128 all = static_cast<__int128>(window.used) + window.held;
    if (all >= static_cast<__int128>(fullest.used) + fullest.held) fullest = window;
  }
  return fullest;
}

void Ledger::Impl::Follow(const Place& place, int64_t used, int64_t held) {
  const BudgetState& state = budgets_[place.budget];
  if (!state.is_rolling()) return;
  const auto found = trails_.find(LineKey(place.key()));
  if (found == trails_.end()) return;
  Trail& trail = found->second;
  const int64_t start_ms = place.window.start_ms;
  trail.latest_start_ms = std::max(trail.latest_start_ms, start_ms);
  if (start_ms <= trail.newest_start_ms && start_ms >= trail.newest_start_ms - kRollingSlots * SlotOf(state)) {
    trail.sum.used = SaturatingAdd(trail.sum.used, used);
    trail.sum.held += held;
  }
}

void Ledger::Impl::FollowHolds(const Place& place) {
  if (budgets_[place.budget].budget().burst.size == 0) return;
  if (place.account().holds == 1) held_lines_[LineKey(place.key())].insert(place.item);
  if (place.account().holds > 0) return;
  const auto line = held_lines_.find(LineKey(place.key()));
  if (line == held_lines_.end()) return;
  line->second.erase(place.item);
  if (line->second.empty()) held_lines_.erase(line);
}

// -- holds
// -------------------------------------------------------------------------------------------------------------

absl::Status Ledger::Impl::Stand(OpenHold* hold) {
  TF_ASSIGN_OR_RETURN(hold->places, PlacesOf(hold->record.axes, hold->record.at_ms, hold->record.session_start_ms));
  for (const Place& place : hold->places) {
    const Budget& budget = budgets_[place.budget].budget();
    Account& account = place.account();
    ++account.holds;
    FollowHolds(place);
    account.held += Of(hold->record.amounts, budget.unit);
  }
  return absl::OkStatus();
}

// When no account is in memory yet.
absl::Status Ledger::Impl::StandAll() {
  for (auto& [id, hold] : holds_) TF_RETURN_IF_ERROR(Stand(&hold));
  return absl::OkStatus();
}

void Ledger::Impl::ForgetIdle() {
  if (accounts_.items().size() >= std::max(forget_above_, kIdleAccounts)) {
    accounts_.Forget([](const Accounts::Item& item) { return item.second.record.holds == 0; });
    forget_above_ = 2 * accounts_.items().size();
    trails_.clear();
  }
  if (rollups_.items().size() >= kIdleRollups) {
    rollups_.Forget([](const auto&) { return true; });
  }
}

// -- writing
// -----------------------------------------------------------------------------------------------------------

absl::StatusOr<store::Ticket> Ledger::Impl::Write(const store::Batch& batch) {
  auto ticket = store_.Write(batch, store::OnStall::kReturn);
  if (!ticket.ok() && !store::IsStall(ticket.status()) && !store_.read_only()) {
    Poison(std::string(StdView(ticket.status().message()))).IgnoreError();
  }
  return ticket;
}

absl::Status Ledger::Impl::health() const {
  const std::lock_guard lock(mu_);
  return poison_.empty() ? absl::OkStatus() : absl::DataLossError("the ledger refuses further work: " + poison_);
}

absl::Status Ledger::Impl::Poison(const std::string& cause) {
  if (poison_.empty()) poison_ = cause;
  return absl::DataLossError(cause);
}

}  // namespace tokenfoundry::ledger
