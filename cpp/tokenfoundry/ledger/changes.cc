// What an administrator does to a budget: raises, resets, freezes and grants, each an entry with who and why.
#include <algorithm>
#include <set>

#include "tokenfoundry/ledger/state_internal.h"

namespace tokenfoundry::ledger {

absl::StatusOr<size_t> Ledger::Impl::BudgetNamed(const std::string& name) const {
  for (size_t i = 0; i < budgets_.size(); ++i) {
    if (budgets_[i].budget().name == name) return i;
  }
  return absl::NotFoundError("no budget is called " + name);
}

absl::StatusOr<Posted> Ledger::Impl::Apply(const ChangeRequest& request) {
  TF_RETURN_IF_ERROR(ValidateId(request.id));
  TF_RETURN_IF_ERROR(ValidateTime(request.now_ms));
  TF_RETURN_IF_ERROR(request.change.Validate());
  return Locked(store::OnStall::kWait, [&] { return ApplyLocked(request); });
}

absl::StatusOr<Posted> Ledger::Impl::ApplyLocked(const ChangeRequest& request) {
  const Change& change = request.change;
  Entry entry;
  entry.kind = EntryKind::kChanged;
  entry.id = request.id;
  entry.at_ms = request.now_ms;
  entry.change = change;
  TF_ASSIGN_OR_RETURN(std::optional<Posted> repeated, Repeated(entry));
  if (repeated) return *std::move(repeated);

  TF_ASSIGN_OR_RETURN(const size_t index, BudgetNamed(change.budget));
  BudgetState& state = budgets_[index];
  const Budget& budget = state.budget();
  if (change.each && change.each->size() != budget.calls.each.size()) {
    return absl::InvalidArgumentError("each: budget " + budget.name + " tells its accounts apart by " +
                                      std::to_string(budget.calls.each.size()) + " axes");
  }
  const bool is_grant = change.kind == ChangeKind::kGrant;
  if (is_grant && !budget.prepaid) return absl::InvalidArgumentError("budget " + budget.name + " is not prepaid");
  if (is_grant && !change.each && !budget.calls.each.empty()) {
    return absl::InvalidArgumentError("each: a grant belongs to one account of budget " + budget.name);
  }
  if (change.kind == ChangeKind::kRaise && budget.hard == kNoCap) {
    return absl::InvalidArgumentError("budget " + budget.name + " has no cap to raise");
  }
  if (change.kind == ChangeKind::kReset && budget.prepaid) {
    return absl::InvalidArgumentError("budget " + budget.name + " is prepaid: grant more instead");
  }

  ForgetIdle();
  std::vector<Place> to_reset;
  if (change.kind == ChangeKind::kReset) {
    TF_ASSIGN_OR_RETURN(to_reset, ToReset(index, change, request.now_ms));
  }
  const auto reset = [](Account account) {
    account.forgiven = account.posted;
    account.alerted = account.paced_from_ms = 0;
    return account;
  };
  const std::optional<std::string> each = change.each ? std::optional(EachKey(*change.each)) : std::nullopt;
  const auto thaws = [&](const InForce& freeze) { return !each || freeze.each == each; };
  GrantRecord granted{change, request.now_ms, 0, {}};
  if (is_grant) entry.burns = DebtsPaidBy(next_seq_, change);
  for (const Burn& burn : entry.burns) {
    if (burn.grant == next_seq_) {
      granted.spent = burn.amount;
    } else {
      granted.paid.push_back({burn.grant, -burn.amount});
    }
  }
  const auto stage = [&](const Entry& made, store::Batch* batch) {
    const uint64_t seq = made.seq;
    for (const Place& place : to_reset) {
      batch->Put(accounts_on_disk_, place.key(), Encode(reset(place.account()), seq + 1));
    }
    if (change.kind == ChangeKind::kRaise || change.kind == ChangeKind::kFreeze) {
      batch->Put(changes_on_disk_, SeqKey(seq), Encode(change));
    }
    if (change.kind == ChangeKind::kUnfreeze) {
      for (const InForce& freeze : state.freezes) {
        if (thaws(freeze)) batch->Delete(changes_on_disk_, SeqKey(freeze.seq));
      }
    }
    if (is_grant) batch->Put(grants_on_disk_, SeqKey(seq), Encode(granted));
    for (const InForce& raise : state.raises) {
      if (raise.change.until_ms <= request.now_ms) batch->Delete(changes_on_disk_, SeqKey(raise.seq));
    }
  };
  TF_ASSIGN_OR_RETURN(Posted posted, Post(std::move(entry), nullptr, {}, request.now_ms, stage));

  for (const Place& place : to_reset) {
    const int64_t used = UsedOf(place.account());
    place.account() = reset(place.account());
    Follow(place, -used, 0);
  }
  std::erase_if(state.raises, [&](const InForce& raise) { return raise.change.until_ms <= request.now_ms; });
  if (change.kind == ChangeKind::kUnfreeze) std::erase_if(state.freezes, thaws);
  if (change.kind == ChangeKind::kRaise) state.raises.push_back({posted.entry.seq, change, each});
  if (change.kind == ChangeKind::kFreeze) state.freezes.push_back({posted.entry.seq, change, each});
  if (is_grant) AddGrant(posted.entry.seq, std::move(granted));
  return posted;
}

absl::StatusOr<Posted> Ledger::Impl::Note(const NoteRequest& request) {
  TF_RETURN_IF_ERROR(ValidateId(request.id));
  TF_RETURN_IF_ERROR(ValidateTime(request.now_ms));
  TF_RETURN_IF_ERROR(ValidateDetail(request.detail));
  TF_RETURN_IF_ERROR(ValidateWho(request.actor, request.reason));
  Entry entry;
  entry.kind = EntryKind::kChanged;
  entry.id = request.id;
  entry.at_ms = request.now_ms;
  entry.actor = request.actor;
  entry.reason = request.reason;
  entry.detail = request.detail;
  return Locked(store::OnStall::kWait, [&]() -> absl::StatusOr<Posted> {
    TF_ASSIGN_OR_RETURN(std::optional<Posted> repeated, Repeated(entry));
    if (repeated) return *std::move(repeated);
    return Post(std::move(entry), nullptr, {}, request.now_ms);
  });
}

// The accounts that count now: those in memory and on disk of the current window, or of the slots of a rolling one.
absl::StatusOr<std::vector<Ledger::Impl::Place>> Ledger::Impl::ToReset(size_t budget, const Change& change,
                                                                       int64_t now_ms) {
  BudgetState& state = budgets_[budget];
  const Window& window = state.budget().window;
  const Bounds bounds = state.BoundsAt(now_ms);
  const bool is_session = window.kind == WindowKind::kSession;
  const int64_t first_ms = bounds.start_ms - OldestBefore(window), last_ms = is_session ? now_ms : bounds.start_ms;
  TF_RETURN_IF_ERROR(CompleteFrom(budget, first_ms));
  const std::string first = AccountPrefix(state.record.id, first_ms);
  const std::string end = AfterPrefix(AccountPrefix(state.record.id, last_ms));
  std::set<std::string> keys;
  TF_RETURN_IF_ERROR(store_.Scan(accounts_on_disk_, {first, end}, [&](std::string_view key, std::string_view) {
    keys.emplace(key);
    return true;
  }));
  for (const auto& [key, item] : accounts_.items()) {
    if (key >= first && key < end) keys.insert(key);
  }
  const std::optional<std::string> each = change.each ? std::optional(EachKey(*change.each)) : std::nullopt;
  std::vector<Place> places;
  for (const std::string& key : keys) {
    if (each && *each != EachOf(key)) continue;
    TF_ASSIGN_OR_RETURN(const AccountKeyParts parts, DecodeAccountKey(key));
    TF_ASSIGN_OR_RETURN(Accounts::Item* const item, AccountAt(key));
    places.push_back({budget, {parts.window_start_ms, bounds.end_ms}, item});
  }
  return places;
}

std::vector<Change> Ledger::Impl::Changes(int64_t now_ms) const {
  const std::lock_guard lock(mu_);
  std::vector<Change> changes;
  for (const BudgetState& state : budgets_) {
    for (const std::vector<InForce>* kind : {&state.raises, &state.freezes}) {
      for (const InForce& each : *kind) {
        if (each.change.until_ms > now_ms) changes.push_back(each.change);
      }
    }
  }
  return changes;
}

}  // namespace tokenfoundry::ledger
