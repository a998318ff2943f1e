// May a call go: how an account stands against its cap at an instant, raises, burst, throttling and grants included.
#include "tokenfoundry/base/checked.h"
#include "tokenfoundry/ledger/state_internal.h"

namespace tokenfoundry::ledger {
namespace {

// The longer a cause lasts, the more it tells the caller.
int Lasting(RefusalCause cause) {
  switch (cause) {
    case RefusalCause::kNeverFits:
      return 4;
    case RefusalCause::kFrozen:
      return 3;
    case RefusalCause::kExhausted:
      return 2;
    case RefusalCause::kThrottled:
      return 1;
    case RefusalCause::kHeld:
      break;
  }
  return 0;
}

// The first time in [first_ms, last_ms] when it is so, of something that stays so; kNever if it does not come.
template <typename Condition>
int64_t FirstWhen(const Condition& is_so, int64_t first_ms, int64_t last_ms) {
  if (first_ms > last_ms || !is_so(last_ms)) return kNever;
  while (first_ms < last_ms) {
    const int64_t middle_ms = first_ms + (last_ms - first_ms) / 2;
    if (is_so(middle_ms)) {
      last_ms = middle_ms;
    } else {
      first_ms = middle_ms + 1;
    }
  }
  return first_ms;
}

}  // namespace

int64_t Ledger::Impl::Standing::left() const {
  if (frozen) return 0;
  if (ceiling == kNoCap) return kNoCap;
  return Clamp(std::max<__int128>(0, static_cast<__int128>(ceiling) - used - held));
}

std::optional<RefusalCause> Ledger::Impl::Standing::CauseToRefuse(int64_t requested) const {
  if (frozen) return RefusalCause::kFrozen;
  // A call that uses nothing of a unit is not stopped by it: an exhausted budget for images stops no text.
  if (requested == 0) return std::nullopt;
  const __int128 with_used = static_cast<__int128>(used) + requested;
  if (with_used + held <= ceiling) return std::nullopt;
  if (requested > most) return RefusalCause::kNeverFits;
  if (with_used > last_ceiling) return RefusalCause::kExhausted;
  if (with_used > static_cast<__int128>(ceiling) + burst_held) return RefusalCause::kThrottled;
  return RefusalCause::kHeld;
}

int64_t Ledger::Impl::RaisedBy(const BudgetState& state, std::string_view account_key, int64_t now_ms) {
  int64_t raised = 0;
  for (const InForce& raise : state.raises) {
    const bool is_now = now_ms >= raise.change.from_ms && now_ms < raise.change.until_ms;
    if (is_now && raise.IsFor(account_key)) raised = SaturatingAdd(raised, raise.change.amount);
  }
  return raised;
}

bool Ledger::Impl::IsFrozen(const BudgetState& state, std::string_view account_key, int64_t now_ms) {
  return std::any_of(state.freezes.begin(), state.freezes.end(), [&](const InForce& freeze) {
    return now_ms >= freeze.change.from_ms && now_ms < freeze.change.until_ms && freeze.IsFor(account_key);
  });
}

int64_t Ledger::Impl::CreditAt(const BudgetState& state, std::string_view account_key, int64_t now_ms) const {
  const Burst& burst = state.budget().burst;
  const auto found = credits_.find(LineKey(account_key));
  if (found == credits_.end()) return burst.size;
  const Credit& credit = found->second;
  const int64_t waited_ms = std::max<int64_t>(0, now_ms - credit.as_of_ms);  // A clock that went back refills nothing.
  const __int128 refilled = static_cast<__int128>(waited_ms) * burst.refill / burst.refill_every_ms;
  return static_cast<int64_t>(std::min<__int128>(burst.size, credit.left + refilled));
}

// Of a throttled budget what is above throttle_from: where its line will be when they are settled is not known. The
// slots of a rolling window that share one with the account's are in what it uses and holds; of the others, held for
// longer than a window, all counts.
__int128 Ledger::Impl::CreditHeldBesides(const BudgetState& state, std::string_view account_key, int64_t now_ms) const {
  const auto line = held_lines_.find(LineKey(account_key));
  if (line == held_lines_.end()) return 0;
  const Budget& budget = state.budget();
  const int64_t cap = SaturatingAdd(budget.hard, RaisedBy(state, account_key, now_ms));
  const bool is_throttled = budget.at_cap == AtCap::kThrottle && !state.is_rolling();
  const int64_t own_ms = WindowStartOf(account_key);
  __int128 sum = 0;
  for (const Accounts::Item* const item : line->second) {
    const Account& other = item->second.record;
    const int64_t apart_ms = std::abs(WindowStartOf(item->first) - own_ms);
    if (apart_ms == 0 || (state.is_rolling() && apart_ms <= budget.window.length_ms)) continue;
    const __int128 all = static_cast<__int128>(UsedOf(other)) + other.held;
    const __int128 above = state.is_rolling() ? all : all - (is_throttled ? budget.throttle_from : cap);
    sum += std::min<__int128>(other.held, std::max<__int128>(0, above));
  }
  return sum;
}

// Up to throttle_from without delay; from the moment that was passed, the rest of the cap evenly over the rest of the
// window.
int64_t Ledger::Impl::PaceOf(const BudgetState& state, const Account& account, int64_t end_ms, int64_t cap,
                             int64_t now_ms) {
  const int64_t from = state.budget().throttle_from;
  const int64_t from_ms = account.paced_from_ms == 0 ? now_ms : account.paced_from_ms;
  if (now_ms >= end_ms) return cap;
  if (now_ms <= from_ms) return from;
  return Clamp(from + static_cast<__int128>(cap - from) * (now_ms - from_ms) / (end_ms - from_ms));
}

Ledger::Impl::Standing Ledger::Impl::StandingFrom(const BudgetState& state, std::string_view account_key,
                                                  int64_t end_ms, const Account& account, int64_t used, int64_t held,
                                                  int64_t at_ms, int64_t now_ms) const {
  const Budget& budget = state.budget();
  Standing standing;
  standing.used = used;
  standing.held = held;
  standing.frozen = IsFrozen(state, account_key, now_ms);
  if (budget.prepaid) {
    // What was used before there was a grant is not what was bought.
    standing.used = GrantsSpent(state, account_key);
    standing.cap = Clamp(static_cast<__int128>(standing.used) + held + GrantsLeft(state, account_key, at_ms));
    standing.ceiling = standing.last_ceiling = standing.cap;
    return standing;
  }
  if (budget.hard == kNoCap) return standing;
  standing.raised = RaisedBy(state, account_key, now_ms);
  standing.cap = SaturatingAdd(budget.hard, standing.raised);
  standing.line = standing.cap;
  if (budget.at_cap == AtCap::kThrottle && !state.is_rolling()) {
    standing.line = PaceOf(state, account, end_ms, standing.cap, now_ms);
  }
  standing.over = std::max<int64_t>(0, used - standing.line);
  if (budget.burst.size > 0) {
    const int64_t rest = std::max<int64_t>(0, budget.burst.max_per_window - standing.over);
    const int64_t credit = CreditAt(state, account_key, now_ms);
    const __int128 free = std::max<__int128>(0, credit - CreditHeldBesides(state, account_key, now_ms));
    standing.burst = std::min(static_cast<int64_t>(free), rest);
    standing.burst_held = std::min(credit, rest) - standing.burst;
  }
  standing.ceiling = Clamp(static_cast<__int128>(standing.line) + standing.over + standing.burst);
  standing.last_ceiling = Clamp(static_cast<__int128>(standing.cap) + std::max<int64_t>(0, used - standing.cap) +
                                standing.burst + standing.burst_held);
  standing.most = SaturatingAdd(standing.cap, std::min(budget.burst.size, budget.burst.max_per_window));
  return standing;
}

absl::StatusOr<Ledger::Impl::Standing> Ledger::Impl::StandingOf(const Place& place, int64_t at_ms, int64_t now_ms) {
  const BudgetState& state = budgets_[place.budget];
  const Account& account = place.account();
  int64_t used = UsedOf(account), held = account.held;
  if (state.is_rolling()) {
    TF_ASSIGN_OR_RETURN(const Slot fullest, FullestOf(place));
    used = fullest.used;
    held = fullest.held;
  }
  return StandingFrom(state, place.key(), place.window.end_ms, account, used, held, at_ms, now_ms);
}

// While nothing happens a line only rises and a credit only grows, so within a window the moment can be searched for.
absl::StatusOr<int64_t> Ledger::Impl::AdmitsAt(const Place& place, RefusalCause cause, int64_t requested, int64_t at_ms,
                                               int64_t now_ms) {
  const BudgetState& state = budgets_[place.budget];
  if (cause == RefusalCause::kHeld) return now_ms;
  if (cause == RefusalCause::kFrozen || cause == RefusalCause::kNeverFits || state.budget().prepaid) return kNever;
  if (state.is_rolling()) return RollingAdmitsAt(place, requested, at_ms, now_ms);
  Account account = place.account();
  if (account.paced_from_ms == 0) account.paced_from_ms = std::max<int64_t>(1, now_ms);  // As this call begins it.
  const int64_t end_ms = place.window.end_ms;
  const auto admits = [&](int64_t then_ms) {
    return !StandingFrom(state, place.key(), end_ms, account, UsedOf(account), account.held, at_ms, then_ms)
                .CauseToRefuse(requested);
  };
  const int64_t admits_ms = FirstWhen(admits, now_ms, std::min(end_ms, kMaxTime_ms) - 1);
  if (admits_ms != kNever || end_ms == kNever) return admits_ms;
  // The next window is empty; but what only the burst lets in must wait for it, too. A slow approach begins when asked.
  if (state.budget().at_cap == AtCap::kThrottle) return end_ms;
  const std::string next = AccountKey(state.record.id, end_ms, EachOf(place.key()));
  const auto admits_next = [&](int64_t then_ms) {
    return !StandingFrom(state, next, kNever, Account(), 0, 0, at_ms, then_ms).CauseToRefuse(requested);
  };
  return std::max(end_ms, FirstWhen(admits_next, end_ms, kMaxTime_ms - 1));
}

// The same slot by slot, as each that leaves the window takes with it what it has used and holds.
absl::StatusOr<int64_t> Ledger::Impl::RollingAdmitsAt(const Place& place, int64_t requested, int64_t at_ms,
                                                      int64_t now_ms) {
  const BudgetState& state = budgets_[place.budget];
  const int64_t slot_ms = SlotOf(state), length_ms = kRollingSlots * slot_ms;
  TF_ASSIGN_OR_RETURN(const Trail* trail, TrailOf(place));
  // windows[i] ends with the i-th slot from the place's own; the last is empty.
  const int64_t own_ms = place.window.start_ms, newest = (trail->newest_start_ms - own_ms) / slot_ms;
  std::vector<Slot> slots;
  for (int64_t start_ms = own_ms - length_ms; start_ms <= trail->newest_start_ms; start_ms += slot_ms) {
    TF_ASSIGN_OR_RETURN(slots.emplace_back(), SlotAt(place, start_ms));
  }
  std::vector<Slot> windows(static_cast<size_t>(newest + kRollingSlots + 2));
  for (size_t i = 0; i < windows.size(); ++i) {
    for (size_t slot = i; slot < std::min(slots.size(), i + kRollingSlots + 1); ++slot) {
      windows[i].used = SaturatingAdd(windows[i].used, slots[slot].used);
      windows[i].held += slots[slot].held;
    }
  }
  const auto all = [](const Slot& window) { return static_cast<__int128>(window.used) + window.held; };
  for (size_t i = windows.size() - 1; i > 0; --i) {
    if (all(windows[i]) > all(windows[i - 1])) windows[i - 1] = windows[i];  // The fullest that contains the slot.
  }
  for (size_t i = 0; i < windows.size(); ++i) {
    const int64_t start_ms = own_ms + static_cast<int64_t>(i) * slot_ms;
    const std::string slot = AccountKey(state.record.id, start_ms, EachOf(place.key()));
    const auto admits = [&](int64_t then_ms) {
      return !StandingFrom(state, slot, kNever, place.account(), windows[i].used, windows[i].held, at_ms, then_ms)
                  .CauseToRefuse(requested);
    };
    const int64_t admits_ms = FirstWhen(admits, std::max(now_ms, start_ms), start_ms + slot_ms - 1);
    if (admits_ms != kNever) return admits_ms;
  }
  return kNever;
}

absl::StatusOr<Ledger::Impl::Asked> Ledger::Impl::Ask(const std::vector<Place>& places, const HoldRecord& record,
                                                      int64_t now_ms) {
  Asked asked;
  int64_t admits_at_ms = now_ms;
  for (const Place& place : places) {
    const Budget& budget = budgets_[place.budget].budget();
    const int64_t requested = Of(record.amounts, budget.unit);
    TF_ASSIGN_OR_RETURN(const Standing standing, StandingOf(place, record.at_ms, now_ms));
    const std::optional<RefusalCause> cause = standing.CauseToRefuse(requested);
    if (!cause) continue;
    std::optional<Refusal>& refusal = budget.mode == Mode::kTrack ? asked.tracked : asked.refusal;
    TF_ASSIGN_OR_RETURN(const int64_t place_admits_at_ms, AdmitsAt(place, *cause, requested, record.at_ms, now_ms));
    if (budget.mode == Mode::kEnforce) admits_at_ms = std::max(admits_at_ms, place_admits_at_ms);
    if (refusal && Lasting(refusal->cause) >= Lasting(*cause)) continue;
    refusal =
        Refusal{budget.name,   budget.unit, *cause,          budget.at_cap,       standing.cap,      standing.used,
                standing.held, requested,   standing.left(), place.window.end_ms, place_admits_at_ms};
    if (budgets_[place.budget].is_rolling()) refusal->resets_at_ms = kNever;
  }
  if (asked.refusal) asked.refusal->admits_at_ms = admits_at_ms;
  return asked;
}

absl::StatusOr<Amounts> Ledger::Impl::Headroom(const Axes& axes, int64_t at_ms, int64_t now_ms) {
  TF_RETURN_IF_ERROR(ValidateAxes(axes));
  TF_RETURN_IF_ERROR(ValidateTime(at_ms));
  TF_RETURN_IF_ERROR(ValidateTime(now_ms));
  return Locked(store::OnStall::kWait, [&]() -> absl::StatusOr<Amounts> {
    Amounts left;
    left.fill(kNoCap);
    TF_ASSIGN_OR_RETURN(const std::vector<Place> places, PlacesOf(axes, at_ms, SessionStart(axes, at_ms)));
    for (const Place& place : places) {
      const Budget& budget = budgets_[place.budget].budget();
      if (budget.mode == Mode::kTrack) continue;
      TF_ASSIGN_OR_RETURN(const Standing standing, StandingOf(place, at_ms, now_ms));
      if (standing.frozen) return Amounts{};
      int64_t& least = left[static_cast<size_t>(budget.unit)];
      least = std::min(least, standing.left());
    }
    return left;
  });
}

}  // namespace tokenfoundry::ledger
