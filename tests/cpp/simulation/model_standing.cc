// How accounts stand, in the model: sums over all entries and holds, caps, and what is left.
#include <algorithm>
#include <set>

#include "tests/cpp/simulation/model.h"

namespace tokenfoundry::simulation {
namespace {

bool Matches(const Selector& selector, const Axes& axes) {
  for (size_t i = 0; i < kAxes; ++i) {
    if (selector.match[i].empty()) continue;
    bool allowed = false;
    for (const std::string& value : selector.match[i]) allowed |= value == "*" ? !axes[i].empty() : value == axes[i];
    if (!allowed) return false;
  }
  return true;
}

std::vector<std::string> EachOf(const Budget& budget, const Axes& axes) {
  std::vector<std::string> values;
  for (const Axis axis : budget.calls.each) values.push_back(axes[static_cast<size_t>(axis)]);
  return values;
}

bool IsRolling(const Budget& budget) { return budget.window.kind == WindowKind::kRolling; }
bool IsSession(const Budget& budget) { return budget.window.kind == WindowKind::kSession; }
int64_t SlotOf(const Budget& budget) { return budget.window.length_ms / kRollingSlots; }

int64_t Plus(int64_t a, int64_t b) { return a > INT64_MAX - b ? INT64_MAX : a + b; }

int Rank(RefusalCause cause) {  // How lasting it is.
  const RefusalCause order[] = {RefusalCause::kHeld, RefusalCause::kThrottled, RefusalCause::kExhausted,
                                RefusalCause::kFrozen, RefusalCause::kNeverFits};
  return static_cast<int>(std::find(std::begin(order), std::end(order), cause) - std::begin(order));
}

}  // namespace

int64_t Model::Standing::left() const {
  if (frozen) return 0;
  return ceiling == kNoCap ? kNoCap : std::max<int64_t>(0, ceiling - used - held);
}

std::optional<RefusalCause> Model::Standing::CauseToRefuse(int64_t requested) const {
  if (frozen) return RefusalCause::kFrozen;
  if (requested == 0 || ceiling == kNoCap || used + held + requested <= ceiling) return std::nullopt;
  if (requested > most) return RefusalCause::kNeverFits;
  if (used + requested > last_ceiling) return RefusalCause::kExhausted;
  if (used + requested > ceiling + burst_held) return RefusalCause::kThrottled;
  return RefusalCause::kHeld;
}

std::vector<Model::Spot> Model::SpotsOf(const Axes& axes, int64_t at_ms, int64_t session_start_ms) const {
  std::vector<Spot> spots;
  for (const Known& known : budgets_) {
    if (!Matches(known.budget.calls, axes)) continue;
    Bounds window = known.budget.window.BoundsAt(at_ms);
    if (IsSession(known.budget)) {
      if (session_start_ms == 0) continue;
      window = {session_start_ms, kNever};
    }
    spots.push_back({&known, window, EachOf(known.budget, axes)});
  }
  return spots;
}

// By the beginning of the window, or of the slot of a rolling one. [from_ms, until_ms) is one window or several slots.
std::map<int64_t, Model::Sum> Model::SumsOf(const Known& known, const Values& each, int64_t from_ms,
                                            int64_t until_ms) const {
  const Budget& budget = known.budget;
  std::map<int64_t, Sum> sums;
  const auto sum_of = [&](const Axes& axes, int64_t at_ms, int64_t session_start_ms) -> Sum* {
    if (IsSession(budget) ? session_start_ms != from_ms : (at_ms < from_ms || at_ms >= until_ms)) return nullptr;
    if (!Matches(budget.calls, axes)) return nullptr;
    for (size_t i = 0; i < each.size(); ++i) {
      if (axes[static_cast<size_t>(budget.calls.each[i])] != each[i]) return nullptr;
    }
    return &sums[IsRolling(budget) ? at_ms - at_ms % SlotOf(budget) : from_ms];
  };
  for (const auto& entry : entries_) {
    if (entry->kind == EntryKind::kChanged) {
      const Change& change = *entry->change;
      if (change.kind != ChangeKind::kReset || change.budget != budget.name) continue;
      if (change.each && *change.each != each) continue;
      for (auto& [start_ms, sum] : sums) {
        if (ForgivesAt(*entry, known, start_ms)) sum.forgiven = sum.posted;
      }
    } else if (Sum* const sum = sum_of(entry->axes, entry->at_ms, entry->session_start_ms)) {
      sum->posted += Of(entry->amounts, budget.unit);
      sum->forgiven = std::min(sum->forgiven, std::max<int64_t>(0, sum->posted));  // No more than there is.
    }
  }
  for (const auto& [id, held] : holds_) {
    Sum* const sum = sum_of(held.hold.axes, held.hold.at_ms, held.session_start_ms);
    if (sum != nullptr) sum->held += Of(held.hold.amounts, budget.unit);
  }
  return sums;
}

// What counted when the reset was made.
bool Model::ForgivesAt(const Entry& reset, const Known& known, int64_t start_ms) const {
  if (IsSession(known.budget)) return start_ms <= reset.at_ms;
  const int64_t newest_ms = known.budget.window.BoundsAt(reset.at_ms).start_ms;
  return start_ms <= newest_ms && start_ms >= newest_ms - known.budget.window.length_ms;
}

// A call in a rolling window counts in every window that contains its slot: the fullest decides.
Model::Standing Model::StandingOf(const Spot& spot, int64_t at_ms, int64_t now_ms) const {
  const Budget& budget = spot.known->budget;
  if (!IsRolling(budget)) {
    const auto sums = SumsOf(*spot.known, spot.each, spot.window.start_ms, spot.window.end_ms);
    const Sum sum = sums.empty() ? Sum() : sums.begin()->second;
    return StandingWith(*spot.known, spot.each, spot.window, sum.used(), sum.held, at_ms, now_ms);
  }
  const int64_t length_ms = budget.window.length_ms, own_ms = spot.window.start_ms;
  const auto sums = SumsOf(*spot.known, spot.each, own_ms - length_ms, own_ms + length_ms + SlotOf(budget));
  int64_t used = 0, held = 0;
  for (int64_t newest_ms = own_ms; newest_ms <= own_ms + length_ms; newest_ms += SlotOf(budget)) {
    int64_t window_used = 0, window_held = 0;
    for (auto slot = sums.lower_bound(newest_ms - length_ms); slot != sums.end() && slot->first <= newest_ms; ++slot) {
      window_used += slot->second.used();
      window_held += slot->second.held;
    }
    if (window_used + window_held > used + held) used = window_used, held = window_held;
  }
  return StandingWith(*spot.known, spot.each, spot.window, used, held, at_ms, now_ms);
}

Model::Standing Model::StandingWith(const Known& known, const Values& each, const Bounds& window, int64_t used,
                                    int64_t held, int64_t at_ms, int64_t now_ms) const {
  const Budget& budget = known.budget;
  Standing standing;
  standing.used = used;
  standing.held = held;
  for (const auto& [seq, change] : in_force_) {
    const bool concerns = Fits(change, budget) && (!change.each || *change.each == each) && now_ms >= change.from_ms &&
                          now_ms < change.until_ms;
    if (!concerns) continue;
    if (change.kind == ChangeKind::kFreeze) standing.frozen = true;
    if (change.kind == ChangeKind::kRaise && budget.hard != kNoCap) standing.raised += change.amount;
  }
  if (budget.prepaid) {
    int64_t left = 0, spent = 0;
    for (const uint64_t seq : Purse({&known, window, each})) {
      const Grant& grant = grants_.at(seq);
      spent += grant.spent;
      const bool usable = at_ms >= grant.change.from_ms && at_ms < grant.change.until_ms;
      left += usable ? GrantLeft(seq) : std::min<int64_t>(0, grant.change.amount - grant.spent);
    }
    standing.used = spent;
    standing.cap = standing.ceiling = standing.last_ceiling = spent + held + left;
    return standing;
  }
  if (budget.hard == kNoCap) return standing;
  standing.cap = standing.line = budget.hard + standing.raised;
  if (budget.at_cap == AtCap::kThrottle && !IsRolling(budget) && now_ms < window.end_ms) {
    const auto paced = paced_from_ms_.find({known.life, window.start_ms, each});
    const int64_t from_ms = paced == paced_from_ms_.end() ? now_ms : paced->second;
    standing.line = budget.throttle_from;
    if (now_ms > from_ms) {  // What is left, evenly over what was left of the window.
      standing.line += static_cast<int64_t>(static_cast<__int128>(standing.cap - budget.throttle_from) *
                                            (now_ms - from_ms) / (window.end_ms - from_ms));
    }
  }
  standing.over = std::max<int64_t>(0, used - standing.line);
  if (budget.burst.size > 0) {
    const int64_t rest = std::max<int64_t>(0, budget.burst.max_per_window - standing.over);
    const int64_t credit = CreditAt(known, each, now_ms);
    const int64_t besides = CreditHeldBesides(known, each, window.start_ms, standing.cap);
    standing.burst = std::min(std::max<int64_t>(0, credit - besides), rest);
    standing.burst_held = std::min(credit, rest) - standing.burst;
  }
  standing.ceiling = std::max(used, standing.line) + standing.burst;
  standing.last_ceiling = std::max(used, standing.cap) + standing.burst + standing.burst_held;
  standing.most = Plus(standing.cap, std::min(budget.burst.size, budget.burst.max_per_window));
  return standing;
}

// What holds of other windows could take. The slots of one rolling window are not told apart.
int64_t Model::CreditHeldBesides(const Known& known, const Values& each, int64_t own_ms, int64_t cap) const {
  const Budget& budget = known.budget;
  std::set<int64_t> others;
  for (const auto& [id, held] : holds_) {
    for (const Spot& spot : SpotsOf(held.hold.axes, held.hold.at_ms, held.session_start_ms)) {
      const int64_t apart_ms = std::abs(spot.window.start_ms - own_ms);
      const bool is_other = apart_ms != 0 && !(IsRolling(budget) && apart_ms <= budget.window.length_ms);
      if (spot.known->life == known.life && spot.each == each && is_other) others.insert(spot.window.start_ms);
    }
  }
  int64_t taken = 0;
  for (const int64_t start_ms : others) {
    const int64_t end_ms = IsRolling(budget)   ? start_ms + SlotOf(budget)
                           : IsSession(budget) ? kNever
                                               : budget.window.BoundsAt(start_ms).end_ms;
    const auto sums = SumsOf(known, each, start_ms, end_ms);
    const Sum sum = sums.empty() ? Sum() : sums.begin()->second;
    const int64_t free = IsRolling(budget) ? 0 : budget.at_cap == AtCap::kThrottle ? budget.throttle_from : cap;
    taken += std::min(sum.held, std::max<int64_t>(0, sum.used() + sum.held - free));
  }
  return taken;
}

int64_t Model::CreditAt(const Known& known, const Values& each, int64_t now_ms) const {
  const Burst& burst = known.budget.burst;
  const auto credit = credits_.find({known.life, each});
  if (credit == credits_.end()) return burst.size;
  const int64_t waited_ms = std::max<int64_t>(0, now_ms - credit->second.as_of_ms);
  const auto refilled = static_cast<__int128>(waited_ms) * burst.refill / burst.refill_every_ms;
  return static_cast<int64_t>(std::min<__int128>(burst.size, credit->second.left + refilled));
}

// The refusals by an enforcing and by a tracking budget: of each the most lasting, of equals the first.
std::pair<std::optional<Refusal>, std::optional<Refusal>> Model::Ask(const std::vector<Spot>& spots,
                                                                     const Amounts& amounts, int64_t at_ms,
                                                                     int64_t now_ms) const {
  std::optional<Refusal> refusal, tracked;
  for (const Spot& spot : spots) {
    const Budget& budget = spot.known->budget;
    const int64_t requested = Of(amounts, budget.unit);
    const Standing standing = StandingOf(spot, at_ms, now_ms);
    const auto cause = standing.CauseToRefuse(requested);
    if (!cause) continue;
    std::optional<Refusal>& worst = budget.mode == Mode::kTrack ? tracked : refusal;
    if (worst && Rank(worst->cause) >= Rank(*cause)) continue;
    worst = Refusal{budget.name,
                    budget.unit,
                    *cause,
                    budget.at_cap,
                    standing.cap,
                    standing.used,
                    standing.held,
                    requested,
                    standing.left(),
                    spot.window.end_ms,
                    0};
    if (IsRolling(budget)) worst->resets_at_ms = kNever;
  }
  return {refusal, tracked};
}

std::optional<Refusal> Model::RefusalOf(const Axes& axes, const Amounts& amounts, int64_t at_ms, int64_t now_ms) const {
  return Ask(SpotsOf(axes, at_ms, SessionStart(axes, at_ms)), amounts, at_ms, now_ms).first;
}

Amounts Model::Headroom(const Axes& axes, int64_t at_ms, int64_t now_ms) const {
  Amounts most;
  most.fill(kNoCap);
  for (const Spot& spot : SpotsOf(axes, at_ms, SessionStart(axes, at_ms))) {
    if (spot.known->budget.mode == Mode::kTrack) continue;
    const Standing standing = StandingOf(spot, at_ms, now_ms);
    if (standing.frozen) return Amounts{};
    int64_t& least = most[static_cast<size_t>(spot.known->budget.unit)];
    least = std::min(least, standing.left());
  }
  return most;
}

// -- what is shown ----------------------------------------------------------------------------------------------------

std::vector<Balance> Model::Balances(int64_t at_ms) const {
  std::vector<Balance> balances;
  for (const Known& known : budgets_) {
    const Budget& budget = known.budget;
    const Bounds bounds = budget.window.BoundsAt(at_ms);
    std::set<std::pair<int64_t, Values>> accounts;  // Beginning and `each`.
    const auto add = [&](const Axes& axes, int64_t call_at_ms, int64_t session_start_ms) {
      if (!Matches(budget.calls, axes)) return;
      if (IsSession(budget)) {
        const auto session =
            sessions_.find({axes[static_cast<size_t>(Axis::kKey)], axes[static_cast<size_t>(Axis::kSession)]});
        const bool goes_on =
            session_start_ms != 0 && session != sessions_.end() && session->second.start_ms == session_start_ms &&
            (IsOpen(axes) || session->second.last_ms + session_idle_ms_ >= std::max(at_ms, latest_session_ms_));
        if (goes_on) accounts.emplace(session_start_ms, EachOf(budget, axes));
      } else if (call_at_ms >= bounds.start_ms - budget.window.length_ms && call_at_ms < bounds.end_ms) {
        accounts.emplace(bounds.start_ms, EachOf(budget, axes));
      }
    };
    for (const auto& entry : entries_) {
      if (entry->kind != EntryKind::kChanged) add(entry->axes, entry->at_ms, entry->session_start_ms);
    }
    for (const auto& [id, held] : holds_) add(held.hold.axes, held.hold.at_ms, held.session_start_ms);
    for (const auto& [account, paced_from_ms] : paced_from_ms_) {
      const auto& [life, start_ms, each] = account;
      if (life == known.life && start_ms == bounds.start_ms) accounts.emplace(start_ms, each);
    }
    if (budget.calls.each.empty() && !IsSession(budget)) accounts.emplace(bounds.start_ms, Values());

    for (const auto& [start_ms, each] : accounts) {
      Balance balance;
      Sum all;
      for (const auto& [slot_ms, sum] : SumsOf(known, each, start_ms - budget.window.length_ms, bounds.end_ms)) {
        all.posted += sum.posted;
        all.held += sum.held;
        balance.used += sum.used();
      }
      const Standing standing =
          StandingWith(known, each, {start_ms, bounds.end_ms}, balance.used, all.held, at_ms, at_ms);
      balance.used = standing.used;
      balance.budget = budget.name;
      for (size_t i = 0; i < each.size(); ++i) balance.each.emplace_back(budget.calls.each[i], each[i]);
      balance.unit = budget.unit;
      balance.mode = budget.mode;
      balance.start_ms = start_ms - budget.window.length_ms;
      balance.end_ms = bounds.end_ms;
      balance.cap = standing.cap;
      balance.posted = all.posted;
      balance.held = all.held;
      balance.left = standing.left();
      balance.over_by = standing.cap == kNoCap ? 0 : std::max<int64_t>(0, balance.used + all.held - standing.cap);
      balance.raised = standing.raised;
      balance.burst_left = standing.burst;
      balance.frozen = standing.frozen;
      balances.push_back(std::move(balance));
    }
  }
  return balances;
}

std::vector<Grant> Model::Grants() const {
  std::vector<Grant> grants;
  for (const auto& [seq, grant] : grants_) {
    grants.push_back(grant);
    grants.back().held = GrantHeld(seq);
  }
  return grants;
}

std::vector<Change> Model::Changes(int64_t now_ms) const {
  std::vector<Change> changes;
  for (const Known& known : budgets_) {
    for (const ChangeKind kind : {ChangeKind::kRaise, ChangeKind::kFreeze}) {
      for (const auto& [seq, change] : in_force_) {
        if (change.kind == kind && Fits(change, known.budget) && change.until_ms > now_ms) changes.push_back(change);
      }
    }
  }
  return changes;
}

std::vector<Rollup> Model::Rollups() const {
  std::map<std::pair<int64_t, Axes>, Rollup> rollups;
  for (const auto& entry : entries_) {
    Axes axes = entry->axes;
    axes[static_cast<size_t>(Axis::kSession)].clear();
    const int64_t hour_ms = entry->at_ms - entry->at_ms % kHour_ms;
    Rollup& rollup = rollups[{hour_ms, axes}];
    rollup.hour_ms = hour_ms;
    rollup.axes = axes;
    ++rollup.entries[static_cast<size_t>(entry->kind) - 1];
    rollup.overruns += (entry->flags & kOverrun) != 0;
    rollup.uncertain += (entry->flags & kUncertain) != 0;
    rollup.estimated += (entry->flags & kEstimated) != 0;
    for (size_t i = 0; i < kUnits; ++i) rollup.amounts[i] += entry->amounts[i];
    for (size_t i = 0; i < kTallies; ++i) rollup.tallies[i] += entry->tallies[i];
  }
  std::vector<Rollup> rows;
  for (auto& [key, rollup] : rollups) rows.push_back(std::move(rollup));
  return rows;
}

std::vector<Hold> Model::Holds() const {
  std::vector<Hold> holds;
  for (const auto& [id, held] : holds_) holds.push_back(held.hold);
  return holds;
}

std::vector<Budget> Model::Budgets() const {
  std::vector<Budget> budgets;
  for (const Known& known : budgets_) budgets.push_back(known.budget);
  return budgets;
}

int64_t Model::latest_ms() const {
  int64_t latest_ms = 0;
  for (const auto& entry : entries_) latest_ms = std::max(latest_ms, entry->at_ms);
  for (const auto& [id, held] : holds_) latest_ms = std::max(latest_ms, held.hold.at_ms);
  return latest_ms;
}

bool Model::Fits(const Change& change, const Budget& budget) const {
  return change.budget == budget.name && (!change.each || change.each->size() == budget.calls.each.size());
}

bool Model::ChangesWithin(int64_t from_ms, int64_t until_ms) const {
  const auto within = [&](const Change& change) {
    return (change.from_ms > from_ms && change.from_ms <= until_ms) ||
           (change.until_ms > from_ms && change.until_ms <= until_ms);
  };
  return std::any_of(in_force_.begin(), in_force_.end(), [&](const auto& item) { return within(item.second); }) ||
         std::any_of(grants_.begin(), grants_.end(), [&](const auto& item) { return within(item.second.change); });
}

}  // namespace tokenfoundry::simulation
