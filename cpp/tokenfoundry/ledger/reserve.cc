// How a call begins: its worst case on every budget that matches, all or none.
#include <algorithm>

#include "tokenfoundry/ledger/state_internal.h"

namespace tokenfoundry::ledger {
namespace {

Hold ToHold(const std::string& id, const HoldRecord& record) {
  return {id, record.amounts, record.axes, record.at_ms, record.detail};
}

}  // namespace

absl::StatusOr<Reserved> Ledger::Impl::Reserve(const ReserveRequest& request, store::OnStall on_stall) {
  TF_RETURN_IF_ERROR(ValidateId(request.id));
  TF_RETURN_IF_ERROR(ValidateAmounts(request.amounts));
  TF_RETURN_IF_ERROR(ValidateAxes(request.axes));
  TF_RETURN_IF_ERROR(ValidateTime(request.now_ms));
  TF_RETURN_IF_ERROR(ValidateTime(request.at_ms.value_or(0)));
  TF_RETURN_IF_ERROR(ValidateDetail(request.detail));
  return Locked(on_stall, [&] { return ReserveLocked(request); });
}

absl::StatusOr<Reserved> Ledger::Impl::ReserveLocked(const ReserveRequest& request) {
  HoldRecord record{request.at_ms.value_or(request.now_ms), request.amounts, request.axes, 0, {}, request.detail};
  if (const auto open = holds_.find(request.id); open != holds_.end()) {
    const HoldRecord& held = open->second.record;
    const bool is_same = record.amounts == held.amounts && record.axes == held.axes && record.detail == held.detail &&
                         (!request.at_ms || *request.at_ms == held.at_ms);
    if (is_same) return Reserved{ToHold(request.id, held), std::nullopt, store_.written()};
    return absl::AlreadyExistsError("id " + request.id + " is held with other fields");
  }
  TF_ASSIGN_OR_RETURN(const std::optional<Entry> resolved, Resolved(request.id));
  if (resolved) {
    return absl::FailedPreconditionError("id " + request.id + " is resolved: entry " + std::to_string(resolved->seq));
  }

  TF_RETURN_IF_ERROR(CheckRoomToHold(record.amounts));
  ForgetIdle();
  record.session_start_ms = SessionStart(record.axes, record.at_ms);
  TF_ASSIGN_OR_RETURN(std::vector<Place> places, PlacesOf(record.axes, record.at_ms, record.session_start_ms));
  TF_ASSIGN_OR_RETURN(Asked asked, Ask(places, record, request.now_ms));
  const std::vector<Place> paced = BeginPacing(places, record.amounts);
  const auto begin_pacing = [&](Account account) {
    account.paced_from_ms = std::max<int64_t>(1, request.now_ms);
    return account;
  };
  store::Batch batch;
  for (const Place& place : paced) {
    batch.Put(accounts_on_disk_, place.key(), Encode(begin_pacing(place.account()), next_seq_));
  }
  if (asked.refusal) {
    if (!paced.empty()) TF_RETURN_IF_ERROR(Write(batch).status());
    for (const Place& place : paced) place.account() = begin_pacing(place.account());
    return Reserved{*std::move(asked.refusal), std::nullopt, store_.written()};
  }

  record.burns = PlanBurns(places, record);
  batch.Put(holds_on_disk_, request.id, Encode(record));
  StageSession(record.axes, record.session_start_ms, record.at_ms, &batch);
  TF_ASSIGN_OR_RETURN(const store::Ticket ticket, Write(batch));

  for (const Place& place : paced) place.account() = begin_pacing(place.account());
  for (const Place& place : places) {
    const int64_t amount = Of(record.amounts, budgets_[place.budget].budget().unit);
    place.account().held += amount;
    ++place.account().holds;
    FollowHolds(place);
    Follow(place, 0, amount);
  }
  CountHeld(record.amounts, 1);
  HoldGrants(record.burns, 1);
  TouchSession(record.axes, record.session_start_ms, record.at_ms);
  if (auto* const session = SessionOf(record)) ++session->second.holds;
  Hold hold = ToHold(request.id, record);
  holds_.emplace(request.id, OpenHold{std::move(record), std::move(places)});
  return Reserved{std::move(hold), std::move(asked.tracked), ticket};
}

// Throttling of an account begins with the first call that would pass throttle_from, admitted or not: those where it
// does now. It is stored, or it would begin again with each opening.
std::vector<Ledger::Impl::Place> Ledger::Impl::BeginPacing(const std::vector<Place>& places,
                                                           const Amounts& amounts) const {
  std::vector<Place> paced;
  for (const Place& place : places) {
    const Budget& budget = budgets_[place.budget].budget();
    if (budget.at_cap != AtCap::kThrottle || budgets_[place.budget].is_rolling()) continue;
    const Account& account = place.account();
    const __int128 all = static_cast<__int128>(UsedOf(account)) + account.held + Of(amounts, budget.unit);
    if (all > budget.throttle_from && account.paced_from_ms == 0) paced.push_back(place);
  }
  return paced;
}

absl::Status Ledger::Impl::CheckRoomToHold(const Amounts& amounts) const {
  for (size_t i = 0; i < kUnits; ++i) {
    if (amounts[i] <= kMaxHeld - held_in_all_[i]) continue;
    return absl::OutOfRangeError("amounts." + std::string(kUnitNames[i]) + ": the open holds would exceed 2**61");
  }
  return absl::OkStatus();
}

void Ledger::Impl::CountHeld(const Amounts& amounts, int sign) {
  for (size_t i = 0; i < kUnits; ++i) held_in_all_[i] += sign * amounts[i];
}

std::vector<Hold> Ledger::Impl::Holds() const {
  std::vector<Hold> holds;
  {
    const std::lock_guard lock(mu_);
    for (const auto& [id, hold] : holds_) holds.push_back(ToHold(id, hold.record));
  }
  std::sort(holds.begin(), holds.end(), [](const Hold& a, const Hold& b) { return a.id < b.id; });
  return holds;
}

}  // namespace tokenfoundry::ledger
