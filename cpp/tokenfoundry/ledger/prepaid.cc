// Grants: prepaid units, spent by priority, then by what ends first, then by age. A hold sets aside the very units that
// its settlement will take, so no grant is overdrawn by calls that run side by side, nor when one ends meanwhile.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "tokenfoundry/base/checked.h"
#include "tokenfoundry/ledger/state_internal.h"

namespace tokenfoundry::ledger {
namespace {

std::string PurseKey(const std::string& budget, std::string_view each) {
  std::string key;
  AppendSized(&key, budget);
  return key.append(each);
}

}  // namespace

void AddBurn(uint64_t grant, int64_t amount, std::vector<Burn>* burns) {
  const auto same = std::find_if(burns->begin(), burns->end(), [&](const Burn& burn) { return burn.grant == grant; });
  if (same == burns->end()) {
    burns->push_back({grant, amount});
  } else {
    same->amount += amount;
  }
}

void Ledger::Impl::AddGrant(uint64_t seq, GrantRecord record) {
  const std::string each = EachKey(record.change.each.value_or(std::vector<std::string>()));
  std::vector<uint64_t>& order = grants_of_[PurseKey(record.change.budget, each)];
  const auto rank = [&](uint64_t grant) {
    const Change& change = grants_.at(grant).record.change;
    return std::tuple(change.priority, change.until_ms, grant);
  };
  grants_.emplace(seq, GrantState{std::move(record), each});
  order.insert(
      std::upper_bound(order.begin(), order.end(), seq, [&](uint64_t a, uint64_t b) { return rank(a) < rank(b); }),
      seq);
}

const std::vector<uint64_t>& Ledger::Impl::GrantsOf(const BudgetState& state, std::string_view account_key) const {
  static const std::vector<uint64_t> kNone;
  const auto found = grants_of_.find(PurseKey(state.budget().name, EachOf(account_key)));
  return found == grants_of_.end() ? kNone : found->second;
}

int64_t Ledger::Impl::GrantsLeft(const BudgetState& state, std::string_view account_key, int64_t at_ms) const {
  int64_t left = 0;
  for (const uint64_t seq : GrantsOf(state, account_key)) {
    const GrantState& grant = grants_.at(seq);
    left =
        SaturatingAdd(left, grant.IsUsableAt(at_ms) ? grant.left() : std::min<int64_t>(0, grant.left() + grant.held));
  }
  return left;
}

int64_t Ledger::Impl::GrantsSpent(const BudgetState& state, std::string_view account_key) const {
  int64_t spent = 0;
  for (const uint64_t seq : GrantsOf(state, account_key)) spent = SaturatingAdd(spent, grants_.at(seq).record.spent);
  return spent;
}

std::vector<Burn> Ledger::Impl::PlanBurns(const std::vector<Place>& places, const HoldRecord& record) {
  std::vector<Burn> burns;
  for (const Place& place : places) {
    const BudgetState& state = budgets_[place.budget];
    if (!state.budget().prepaid) continue;
    int64_t needed = Of(record.amounts, state.budget().unit);
    for (const uint64_t seq : GrantsOf(state, place.key())) {
      if (needed == 0) break;
      const GrantState& grant = grants_.at(seq);
      const int64_t taken = grant.IsUsableAt(record.at_ms) ? std::clamp<int64_t>(grant.left(), 0, needed) : 0;
      if (taken > 0) burns.push_back({seq, taken});
      needed -= taken;
    }
  }
  return burns;
}

std::vector<Burn> Ledger::Impl::BurnsOf(const Entry& entry, const OpenHold* hold, const std::vector<Place>& places) {
  std::vector<Burn> burns;
  for (const Place& place : places) {
    const BudgetState& state = budgets_[place.budget];
    if (!state.budget().prepaid) continue;
    int64_t used = Of(entry.amounts, state.budget().unit);
    if (used <= 0) continue;
    const std::vector<uint64_t>& grants = GrantsOf(state, place.key());
    const auto is_mine = [&](uint64_t seq) { return std::find(grants.begin(), grants.end(), seq) != grants.end(); };
    if (hold != nullptr) {
      for (const Burn& planned : hold->record.burns) {
        if (!is_mine(planned.grant)) continue;
        const int64_t taken = std::min(used, planned.amount);
        if (taken > 0) AddBurn(planned.grant, taken, &burns);
        used -= taken;
      }
    }
    // Beyond the hold: from what others have not set aside, and what is still lacking as a debt of the last grant.
    for (const uint64_t seq : grants) {
      const GrantState& grant = grants_.at(seq);
      const int64_t taken = grant.IsUsableAt(entry.at_ms) ? std::clamp<int64_t>(grant.left(), 0, used) : 0;
      if (taken > 0) AddBurn(seq, taken, &burns);
      used -= taken;
    }
    if (used > 0 && !grants.empty()) AddBurn(grants.back(), used, &burns);
  }
  return burns;
}

std::vector<Burn> Ledger::Impl::DebtsPaidBy(uint64_t seq, const Change& grant) const {
  std::vector<Burn> burns;
  const auto others = grants_of_.find(PurseKey(grant.budget, EachKey(grant.each.value_or(std::vector<std::string>()))));
  if (others == grants_of_.end()) return burns;
  int64_t rest = grant.amount;
  for (const uint64_t other : others->second) {
    const GrantRecord& record = grants_.at(other).record;
    const int64_t debt = std::min(rest, record.spent - record.change.amount);
    if (debt <= 0) continue;
    burns.push_back({other, -debt});
    rest -= debt;
  }
  if (rest < grant.amount) burns.push_back({seq, grant.amount - rest});
  return burns;
}

// What a correction gives back goes to the grants that paid, what was taken last first. A debt that a later grant has
// paid goes back to that one. Never more than a grant has spent: that is what calls took of it and what it paid for
// others, less what others paid for it.
Ledger::Impl::Refunds Ledger::Impl::RefundsOf(const Entry& correction, std::vector<Burn> net,
                                              const std::vector<Place>& places) {
  Refunds refunds;
  for (const Place& place : places) {
    const BudgetState& state = budgets_[place.budget];
    if (!state.budget().prepaid) continue;
    int64_t back = -Of(correction.amounts, state.budget().unit);
    if (back <= 0) continue;
    const std::vector<uint64_t>& order = GrantsOf(state, place.key());
    const std::set<uint64_t> grants(order.begin(), order.end());
    std::map<uint64_t, int64_t> due;  // By grant: what goes back to it, or to those that paid its debts.
    for (auto taken = net.rbegin(); taken != net.rend() && back > 0; ++taken) {
      if (!grants.contains(taken->grant)) continue;
      const int64_t returned = std::min(back, taken->amount);
      due[taken->grant] += returned;
      taken->amount -= returned;
      back -= returned;
    }
    // A grant's debts are paid by younger ones only, so none that has been passed becomes due again.
    for (auto& [grant, amount] : due) {
      for (auto payer = grants.rbegin(); payer != grants.rend() && *payer > grant && amount > 0; ++payer) {
        const auto changed = refunds.paid.find(*payer);
        std::vector<Burn> paid = changed == refunds.paid.end() ? grants_.at(*payer).record.paid : changed->second;
        for (Burn& debt : paid) {
          if (debt.grant != grant) continue;
          const int64_t returned = std::min(amount, debt.amount);
          due[*payer] += returned;
          debt.amount -= returned;
          amount -= returned;
          std::erase_if(paid, [](const Burn& each) { return each.amount == 0; });
          refunds.paid[*payer] = std::move(paid);
          break;
        }
      }
    }
    for (auto returned = due.rbegin(); returned != due.rend(); ++returned) {
      if (returned->second > 0) refunds.burns.push_back({returned->first, -returned->second});
    }
  }
  std::erase_if(net, [](const Burn& taken) { return taken.amount == 0; });
  refunds.net = std::move(net);
  return refunds;
}

void Ledger::Impl::HoldGrants(const std::vector<Burn>& burns, int sign) {
  for (const Burn& burn : burns) {
    if (const auto grant = grants_.find(burn.grant); grant != grants_.end()) grant->second.held += sign * burn.amount;
  }
}

std::vector<Grant> Ledger::Impl::Grants() const {
  const std::lock_guard lock(mu_);
  std::vector<Grant> grants;
  for (const auto& [seq, grant] : grants_) {
    grants.push_back({seq, grant.record.change, grant.record.created_ms, grant.record.spent, grant.held});
  }
  return grants;
}

}  // namespace tokenfoundry::ledger
