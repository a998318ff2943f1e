#include "tests/cpp/simulation/model.h"

#include <algorithm>
#include <set>

namespace tokenfoundry::simulation {
namespace {

constexpr int64_t kWeek_ms = 7 * 86'400'000LL;

const std::string& On(const Axes& axes, Axis axis) { return axes[static_cast<size_t>(axis)]; }

void AddBurn(const Burn& burn, std::vector<Burn>* burns) {
  const auto same = std::find_if(burns->begin(), burns->end(), [&](const Burn& b) { return b.grant == burn.grant; });
  if (same == burns->end()) {
    burns->push_back(burn);
  } else {
    same->amount += burn.amount;
  }
}

bool IsCall(const Entry& entry) { return entry.kind != EntryKind::kChanged && entry.kind != EntryKind::kAdjusted; }

}  // namespace

// -- holds and entries ------------------------------------------------------------------------------------------------

absl::StatusOr<Reserved> Model::Reserve(const ReserveRequest& request) {
  if (const auto open = holds_.find(request.id); open != holds_.end()) {
    const Hold& hold = open->second.hold;
    const bool same = hold.amounts == request.amounts && hold.axes == request.axes && hold.detail == request.detail &&
                      request.at_ms.value_or(hold.at_ms) == hold.at_ms;
    if (!same) return absl::AlreadyExistsError("held otherwise");
    return Reserved{hold, std::nullopt, 0};
  }
  if (Remembered(request.id) != nullptr) return absl::FailedPreconditionError("resolved");
  Held held{{request.id, request.amounts, request.axes, request.at_ms.value_or(request.now_ms), request.detail}, 0, {}};
  const int64_t at_ms = held.hold.at_ms;
  held.session_start_ms = SessionStart(request.axes, at_ms);
  const std::vector<Spot> spots = SpotsOf(request.axes, at_ms, held.session_start_ms);
  const auto [refusal, tracked] = Ask(spots, request.amounts, at_ms, request.now_ms);

  // Admitted or not, a call that would pass throttle_from begins the slow approach.
  for (const Spot& spot : spots) {
    const Budget& budget = spot.known->budget;
    if (budget.at_cap != AtCap::kThrottle || budget.window.kind == WindowKind::kRolling) continue;
    const Standing standing = StandingOf(spot, at_ms, request.now_ms);
    if (standing.used + standing.held + Of(request.amounts, budget.unit) <= budget.throttle_from) continue;
    paced_from_ms_.try_emplace({spot.known->life, spot.window.start_ms, spot.each},
                               std::max<int64_t>(1, request.now_ms));
  }
  if (refusal) return Reserved{*refusal, std::nullopt, 0};

  for (const Spot& spot : spots) {
    if (!spot.known->budget.prepaid) continue;
    int64_t needed = Of(request.amounts, spot.known->budget.unit);
    for (const uint64_t seq : Purse(spot)) {
      const Change& grant = grants_.at(seq).change;
      if (at_ms < grant.from_ms || at_ms >= grant.until_ms) continue;
      const int64_t taken = std::min(needed, std::max<int64_t>(0, GrantLeft(seq)));
      if (taken > 0) held.burns.push_back({seq, taken});
      needed -= taken;
    }
  }
  TouchSession(request.axes, held.session_start_ms, at_ms);
  holds_[request.id] = held;
  return Reserved{held.hold, tracked, 0};
}

absl::StatusOr<Posted> Model::Settle(const SettleRequest& request) {
  Entry asked;
  asked.kind = EntryKind::kSettled;
  asked.flags = request.flags;
  asked.id = request.id;
  asked.amounts = request.amounts;
  asked.tallies = request.tallies;
  asked.detail = request.detail.value_or("");
  return Resolve(std::move(asked), request.detail.has_value(), request.now_ms);
}

absl::StatusOr<Posted> Model::Void(const VoidRequest& request) {
  Entry asked;
  asked.kind = EntryKind::kVoid;
  asked.id = request.id;
  asked.detail = request.detail.value_or("");
  return Resolve(std::move(asked), request.detail.has_value(), request.now_ms);
}

absl::StatusOr<Posted> Model::Resolve(Entry asked, bool has_detail, int64_t now_ms) {
  const auto open = holds_.find(asked.id);
  if (open == holds_.end()) {
    const Entry* const done = Remembered(asked.id);
    if (done == nullptr) return absl::NotFoundError("no hold");
    const bool same = done->kind == asked.kind && done->amounts == asked.amounts && done->tallies == asked.tallies &&
                      (done->flags & (kUncertain | kEstimated)) == asked.flags &&
                      (!has_detail || done->detail == asked.detail);
    if (!same) return absl::FailedPreconditionError("resolved otherwise");
    return Posted{*done, {}, 0, {}};
  }
  const Held held = open->second;
  asked.at_ms = held.hold.at_ms;
  asked.axes = held.hold.axes;
  asked.session_start_ms = held.session_start_ms;
  if (!has_detail) asked.detail = held.hold.detail;
  for (size_t i = 0; i < kUnits; ++i) {
    if (asked.amounts[i] > held.hold.amounts[i]) asked.flags |= kOverrun;
  }
  return Post(asked, &held, SpotsOf(asked.axes, asked.at_ms, asked.session_start_ms), now_ms);
}

absl::StatusOr<std::optional<Posted>> Model::Repeated(const Entry& asked) const {
  if (holds_.contains(asked.id)) return absl::FailedPreconditionError("held");
  const Entry* const done = Remembered(asked.id);
  if (done == nullptr) return std::nullopt;
  Entry same = *done;  // With what the ledger adds taken off.
  same.seq = 0, same.flags = 0, same.posted_at_ms = 0, same.burns.clear(), same.session_start_ms = 0;
  Entry own = asked;
  if (asked.kind == EntryKind::kAdjusted || asked.kind == EntryKind::kChanged) {
    own.at_ms = same.at_ms;
    own.axes = same.axes;
  }
  if (!(own == same)) return absl::AlreadyExistsError("taken");
  return Posted{*done, {}, 0, {}};
}

absl::StatusOr<Posted> Model::Record(const RecordRequest& request) {
  Entry entry;
  entry.kind = request.kind;
  entry.id = request.id;
  entry.amounts = request.amounts;
  entry.tallies = request.tallies;
  entry.axes = request.axes;
  entry.detail = request.detail;
  const Entry* const done = Remembered(request.id);
  entry.at_ms = request.at_ms.value_or(done != nullptr ? done->at_ms : request.now_ms);
  auto repeated = Repeated(entry);
  if (!repeated.ok()) return repeated.status();
  if (*repeated) return **repeated;
  entry.session_start_ms = SessionStart(entry.axes, entry.at_ms);
  Posted posted = Post(entry, nullptr, SpotsOf(entry.axes, entry.at_ms, entry.session_start_ms), request.now_ms);
  TouchSession(entry.axes, entry.session_start_ms, entry.at_ms);
  return posted;
}

absl::StatusOr<Posted> Model::Adjust(const AdjustRequest& request) {
  Entry entry;
  entry.kind = EntryKind::kAdjusted;
  entry.id = request.id;
  entry.of = request.of;
  entry.amounts = request.amounts;
  entry.tallies = request.tallies;
  entry.actor = request.actor;
  entry.reason = request.reason;
  entry.detail = request.detail;
  auto repeated = Repeated(entry);
  if (!repeated.ok()) return repeated.status();
  if (*repeated) return **repeated;
  if (request.of >= entries_.size()) return absl::NotFoundError("no such entry");
  const Entry& original = *entries_[request.of];
  if (!IsCall(original)) return absl::InvalidArgumentError("no call");
  Amounts used = original.amounts;
  for (const auto& other : entries_) {
    for (size_t i = 0; i < kUnits && other->of == request.of; ++i) used[i] += other->amounts[i];
  }
  for (size_t i = 0; i < kUnits; ++i) {
    if (used[i] + request.amounts[i] < 0 || used[i] + request.amounts[i] > kMaxAmount) {
      return absl::InvalidArgumentError("less than nothing");
    }
  }
  entry.at_ms = original.at_ms;
  entry.axes = original.axes;
  entry.session_start_ms = original.session_start_ms;
  const std::vector<Spot> spots = SpotsOf(entry.axes, entry.at_ms, entry.session_start_ms);
  std::vector<Burn>& net = net_burns_.try_emplace(request.of, original.burns).first->second;
  entry.burns = RefundsOf(entry, spots, &net);
  const size_t refunds = entry.burns.size();
  Posted posted = Post(entry, nullptr, spots, request.now_ms);
  for (size_t i = refunds; i < posted.entry.burns.size(); ++i) AddBurn(posted.entry.burns[i], &net);
  return posted;
}

absl::StatusOr<Posted> Model::Apply(const ChangeRequest& request) {
  const Change& change = request.change;
  Entry entry;
  entry.kind = EntryKind::kChanged;
  entry.id = request.id;
  entry.at_ms = request.now_ms;
  entry.change = change;
  auto repeated = Repeated(entry);
  if (!repeated.ok()) return repeated.status();
  if (*repeated) return **repeated;
  const auto known =
      std::find_if(budgets_.begin(), budgets_.end(), [&](const Known& k) { return k.budget.name == change.budget; });
  if (known == budgets_.end()) return absl::NotFoundError("no such budget");
  const Budget& budget = known->budget;
  const bool is_grant = change.kind == ChangeKind::kGrant;
  const bool is_wrong = (change.each && change.each->size() != budget.calls.each.size()) ||
                        (is_grant && (!budget.prepaid || (!change.each && !budget.calls.each.empty()))) ||
                        (change.kind == ChangeKind::kRaise && budget.hard == kNoCap) ||
                        (change.kind == ChangeKind::kReset && budget.prepaid);
  if (is_wrong) return absl::InvalidArgumentError("not of this budget");

  const uint64_t seq = entries_.size();
  if (is_grant) {
    entry.burns = DebtsPaidBy(seq, change);
    grants_[seq] = {seq, change, request.now_ms, 0, 0};
    for (const Burn& burn : entry.burns) {
      if (burn.grant != seq) debts_paid_[{burn.grant, seq}] = -burn.amount;
    }
  }
  Posted posted = Post(entry, nullptr, {}, request.now_ms);
  if (change.kind == ChangeKind::kReset) {
    const auto forgives = [&](const AccountId& id) {
      const auto& [life, start_ms, each] = id;
      return life == known->life && (!change.each || *change.each == each) &&
             ForgivesAt(posted.entry, *known, start_ms);
    };
    std::erase_if(told_, [&](const auto& item) { return forgives(item.first); });
    std::erase_if(paced_from_ms_, [&](const auto& item) { return forgives(item.first); });
  }
  std::erase_if(in_force_, [&](const auto& item) {
    const Change& other = item.second;
    if (!Fits(other, budget)) return false;
    if (other.kind == ChangeKind::kRaise) return other.until_ms <= request.now_ms;
    return change.kind == ChangeKind::kUnfreeze && (!change.each || change.each == other.each);
  });
  if (change.kind == ChangeKind::kRaise || change.kind == ChangeKind::kFreeze) in_force_[seq] = change;
  return posted;
}

absl::Status Model::SetBudgets(const std::vector<Budget>& budgets) {
  std::vector<Known> next;
  std::set<uint32_t> lives;
  for (const Budget& budget : budgets) {
    const auto before = std::find_if(budgets_.begin(), budgets_.end(), [&](const Known& known) {
      return known.budget.name == budget.name && known.budget.CountsLike(budget);
    });
    next.push_back({budget, before == budgets_.end() ? next_life_++ : before->life});
    lives.insert(next.back().life);
  }
  budgets_ = std::move(next);
  std::erase_if(told_, [&](const auto& item) { return !lives.contains(std::get<0>(item.first)); });
  std::erase_if(paced_from_ms_, [&](const auto& item) { return !lives.contains(std::get<0>(item.first)); });
  std::erase_if(credits_, [&](const auto& item) { return !lives.contains(item.first.first); });
  return absl::OkStatus();
}

void Model::Recover(int64_t now_ms) {
  const std::map<std::string, Held> open = holds_;
  for (const auto& [id, held] : open) {
    Entry entry;
    entry.kind = EntryKind::kRecovered;
    entry.flags = kUncertain;
    entry.id = id;
    entry.at_ms = held.hold.at_ms;
    entry.amounts = held.hold.amounts;
    entry.axes = held.hold.axes;
    entry.session_start_ms = held.session_start_ms;
    entry.detail = held.hold.detail;
    Post(entry, &held, SpotsOf(entry.axes, entry.at_ms, entry.session_start_ms), now_ms);
  }
}

Posted Model::Post(Entry entry, const Held* held, const std::vector<Spot>& spots, int64_t now_ms) {
  entry.seq = entries_.size();
  entry.posted_at_ms = entries_.empty() ? now_ms : std::max(now_ms, entries_.back()->posted_at_ms);
  for (const Burn& burn : BurnsOf(entry, held, spots)) entry.burns.push_back(burn);
  std::vector<Event> events = EffectsOf(entry, held, spots, now_ms);
  for (const Burn& burn : entry.burns) grants_.at(burn.grant).spent += burn.amount;
  if (held != nullptr) holds_.erase(std::string(entry.id));
  if (held != nullptr && held->session_start_ms != 0) {
    Session& session = sessions_.at({On(entry.axes, Axis::kKey), On(entry.axes, Axis::kSession)});
    session.last_ms = std::max(session.last_ms, now_ms);
  }
  // With each entry up to four ids are forgotten that are older than a week.
  for (int i = 0; i < 4 && forgotten_ < entries_.size(); ++i, ++forgotten_) {
    if (entries_[forgotten_]->posted_at_ms + kWeek_ms >= entry.posted_at_ms) break;
  }
  events_.insert(events_.end(), events.begin(), events.end());
  entries_.push_back(std::make_shared<const Entry>(entry));
  return Posted{std::move(entry), std::move(events), 0, {}};
}

std::vector<Event> Model::EffectsOf(const Entry& entry, const Held* held, const std::vector<Spot>& spots,
                                    int64_t now_ms) {
  std::vector<Event> events;
  for (const Spot& spot : spots) {
    const Budget& budget = spot.known->budget;
    const int64_t amount = Of(entry.amounts, budget.unit);
    if (amount <= 0) continue;
    const Standing before = StandingOf(spot, entry.at_ms, now_ms);
    const int64_t used = before.used + amount;
    const bool is_rolling = budget.window.kind == WindowKind::kRolling;
    Event event;
    event.entry = entry.seq;
    event.at_ms = entry.posted_at_ms;
    event.budget = budget.name;
    event.each = spot.each;
    event.unit = budget.unit;
    event.used = used;
    event.cap = before.cap;
    event.start_ms = spot.window.start_ms - budget.window.length_ms;
    event.end_ms = spot.window.end_ms;
    const auto tell = [&](EventKind kind, const std::string& level, int64_t how_much) {
      event.seq = events_.size() + events.size();
      event.kind = kind;
      event.level = level;
      event.amount = how_much;
      events.push_back(event);
    };
    if (held != nullptr && amount > Of(held->hold.amounts, budget.unit)) {
      tell(EventKind::kOverHold, "", amount - Of(held->hold.amounts, budget.unit));
    }
    const AccountId id{spot.known->life, spot.window.start_ms, spot.each};
    const auto told = told_.find(id);
    const int64_t told_before = is_rolling ? before.used : told == told_.end() ? 0 : told->second;
    for (const Level& level : budget.levels) {
      if (level.amount > used) continue;
      if (level.amount > told_before) tell(EventKind::kLevel, level.name, level.amount);
      if (!is_rolling) told_[id] = std::max(told_[id], level.amount);
    }
    const int64_t over = std::max<int64_t>(0, used - before.line);
    if (budget.burst.size > 0 && over > before.over) {
      const int64_t left = CreditAt(*spot.known, spot.each, now_ms) - (over - before.over);
      credits_[{spot.known->life, spot.each}] = {std::max<int64_t>(0, left), now_ms};
    }
  }
  return events;
}

const Entry* Model::Remembered(const std::string& id) const {
  for (size_t seq = entries_.size(); seq > 0; --seq) {
    const Entry& entry = *entries_[seq - 1];
    const bool is_known = seq > forgotten_ || entry.kind == EntryKind::kRented;
    if (is_known && entry.id == id) return &entry;
  }
  return nullptr;
}

// -- grants -----------------------------------------------------------------------------------------------------------

std::vector<uint64_t> Model::Purse(const Spot& spot) const {
  std::vector<uint64_t> purse;
  for (const auto& [seq, grant] : grants_) {
    if (grant.change.budget == spot.known->budget.name && grant.change.each.value_or(Values()) == spot.each) {
      purse.push_back(seq);
    }
  }
  std::sort(purse.begin(), purse.end(), [&](uint64_t a, uint64_t b) {
    const Change &left = grants_.at(a).change, &right = grants_.at(b).change;
    return std::tie(left.priority, left.until_ms, a) < std::tie(right.priority, right.until_ms, b);
  });
  return purse;
}

int64_t Model::GrantHeld(uint64_t seq) const {
  int64_t sum = 0;
  for (const auto& [id, held] : holds_) {
    for (const Burn& burn : held.burns) sum += burn.grant == seq ? burn.amount : 0;
  }
  return sum;
}

int64_t Model::GrantLeft(uint64_t seq) const {
  const Grant& grant = grants_.at(seq);
  return grant.change.amount - grant.spent - GrantHeld(seq);
}

std::vector<Burn> Model::BurnsOf(const Entry& entry, const Held* held, const std::vector<Spot>& spots) const {
  std::vector<Burn> burns;
  const auto burn = [&](uint64_t grant, int64_t amount) {
    if (amount > 0) AddBurn({grant, amount}, &burns);
  };
  for (const Spot& spot : spots) {
    if (!spot.known->budget.prepaid) continue;
    int64_t used = std::max<int64_t>(0, Of(entry.amounts, spot.known->budget.unit));
    const std::vector<uint64_t> purse = Purse(spot);
    // First what the hold has set aside, then what nobody has, at last a debt.
    for (const Burn& planned : held == nullptr ? std::vector<Burn>() : held->burns) {
      if (std::find(purse.begin(), purse.end(), planned.grant) == purse.end()) continue;
      const int64_t taken = std::min(used, planned.amount);
      burn(planned.grant, taken);
      used -= taken;
    }
    for (const uint64_t seq : purse) {
      const Change& grant = grants_.at(seq).change;
      if (entry.at_ms < grant.from_ms || entry.at_ms >= grant.until_ms) continue;
      const int64_t taken = std::min(used, std::max<int64_t>(0, GrantLeft(seq)));
      burn(seq, taken);
      used -= taken;
    }
    if (!purse.empty()) burn(purse.back(), used);
  }
  return burns;
}

std::vector<Burn> Model::RefundsOf(const Entry& correction, const std::vector<Spot>& spots, std::vector<Burn>* net) {
  std::vector<Burn> burns;
  for (const Spot& spot : spots) {
    if (!spot.known->budget.prepaid) continue;
    const std::vector<uint64_t> purse = Purse(spot);
    int64_t back = std::max<int64_t>(0, -Of(correction.amounts, spot.known->budget.unit));
    std::map<uint64_t, int64_t> returned;
    for (auto taken = net->rbegin(); taken != net->rend(); ++taken) {
      if (std::find(purse.begin(), purse.end(), taken->grant) == purse.end()) continue;
      const int64_t amount = std::min(back, taken->amount);
      Return(taken->grant, amount, &returned);
      taken->amount -= amount;
      back -= amount;
    }
    for (auto grant = returned.rbegin(); grant != returned.rend(); ++grant) {
      burns.push_back({grant->first, -grant->second});
    }
  }
  std::erase_if(*net, [](const Burn& taken) { return taken.amount == 0; });
  return burns;
}

// To those that paid the grant's debts, the youngest first, then to itself.
void Model::Return(uint64_t grant, int64_t amount, std::map<uint64_t, int64_t>* returned) {
  for (auto payer = grants_.rbegin(); payer != grants_.rend(); ++payer) {
    const auto debt = debts_paid_.find({grant, payer->first});
    if (debt == debts_paid_.end()) continue;
    const int64_t of_debt = std::min(amount, debt->second);
    debt->second -= of_debt;
    amount -= of_debt;
    Return(payer->first, of_debt, returned);
  }
  if (amount > 0) (*returned)[grant] += amount;
}

std::vector<Burn> Model::DebtsPaidBy(uint64_t seq, const Change& change) const {
  std::vector<Burn> burns;
  int64_t rest = change.amount;
  std::vector<Grant> others;
  for (const auto& [other, grant] : grants_) {
    const bool is_of_account =
        grant.change.budget == change.budget && grant.change.each.value_or(Values()) == change.each.value_or(Values());
    if (is_of_account) others.push_back(grant);
  }
  std::sort(others.begin(), others.end(), [](const Grant& a, const Grant& b) {
    return std::tie(a.change.priority, a.change.until_ms, a.seq) <
           std::tie(b.change.priority, b.change.until_ms, b.seq);
  });
  for (const Grant& other : others) {
    const int64_t debt = std::clamp<int64_t>(other.spent - other.change.amount, 0, rest);
    if (debt > 0) burns.push_back({other.seq, -debt});
    rest -= debt;
  }
  if (rest < change.amount) burns.push_back({seq, change.amount - rest});
  return burns;
}

// -- sessions ---------------------------------------------------------------------------------------------------------

bool Model::IsOpen(const Axes& axes) const {
  return std::any_of(holds_.begin(), holds_.end(), [&](const auto& item) {
    const Axes& other = item.second.hold.axes;
    return On(other, Axis::kKey) == On(axes, Axis::kKey) && On(other, Axis::kSession) == On(axes, Axis::kSession);
  });
}

int64_t Model::SessionStart(const Axes& axes, int64_t at_ms) const {
  if (On(axes, Axis::kSession).empty()) return 0;
  const auto session = sessions_.find({On(axes, Axis::kKey), On(axes, Axis::kSession)});
  const bool goes_on =
      session != sessions_.end() && (IsOpen(axes) || at_ms <= session->second.last_ms + session_idle_ms_);
  return goes_on ? session->second.start_ms : std::max<int64_t>(1, at_ms);
}

void Model::TouchSession(const Axes& axes, int64_t start_ms, int64_t at_ms) {
  if (start_ms == 0) return;
  Session& session = sessions_[{On(axes, Axis::kKey), On(axes, Axis::kSession)}];
  session.last_ms = session.start_ms == start_ms ? std::max(session.last_ms, at_ms) : at_ms;
  session.start_ms = start_ms;
  latest_session_ms_ = std::max(latest_session_ms_, at_ms);
}

bool Model::IsSessionInDoubt(const Axes& axes, int64_t at_ms) const {
  const auto session = sessions_.find({On(axes, Axis::kKey), On(axes, Axis::kSession)});
  return session != sessions_.end() && !IsOpen(axes) &&
         session->second.last_ms + session_idle_ms_ < latest_session_ms_ &&
         at_ms <= session->second.last_ms + session_idle_ms_;
}

}  // namespace tokenfoundry::simulation
