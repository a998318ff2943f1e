#include <algorithm>

#include "tokenfoundry/base/checked.h"
#include "tokenfoundry/ledger/state_internal.h"

namespace tokenfoundry::ledger {
namespace {

// How the account stands against a further `requested`. 128 bits: the sum of three int64_t always fits.
std::optional<RefusalCause> CauseToRefuse(int64_t cap, int64_t posted, int64_t held, int64_t requested) {
  if (static_cast<__int128>(posted) + held + requested <= cap) return std::nullopt;
  if (requested > cap) return RefusalCause::kNeverFits;
  if (static_cast<__int128>(posted) + requested > cap) return RefusalCause::kExhausted;
  return RefusalCause::kHeld;
}

// The longer a cause lasts, the more it tells the caller.
int Lasting(RefusalCause cause) {
  switch (cause) {
    case RefusalCause::kNeverFits:
      return 2;
    case RefusalCause::kExhausted:
      return 1;
    case RefusalCause::kHeld:
      break;
  }
  return 0;
}

Hold ToHold(const std::string& id, const HoldRecord& record) {
  return {id, record.amounts, record.axes, record.at_ms, record.detail};
}

}  // namespace

absl::StatusOr<Reserved> Ledger::Reserve(const ReserveRequest& request, store::OnStall on_stall) {
  TF_RETURN_IF_ERROR(ValidateId(request.id));
  TF_RETURN_IF_ERROR(ValidateAmounts(request.amounts));
  TF_RETURN_IF_ERROR(ValidateAxes(request.axes));
  TF_RETURN_IF_ERROR(ValidateTime(request.now_ms));
  TF_RETURN_IF_ERROR(ValidateTime(request.at_ms.value_or(0)));
  TF_RETURN_IF_ERROR(ValidateDetail(request.detail));
  return Locked(on_stall, [&] { return ReserveLocked(request); });
}

absl::StatusOr<Reserved> Ledger::ReserveLocked(const ReserveRequest& request) {
  HoldRecord record{request.at_ms.value_or(request.now_ms), request.amounts, request.axes, request.detail};
  if (const auto open = holds_.find(request.id); open != holds_.end()) {
    if (!request.at_ms) record.at_ms = open->second.record.at_ms;
    if (record == open->second.record) return Reserved{ToHold(request.id, record), store_.written()};
    return absl::AlreadyExistsError("id " + request.id + " is held with other fields");
  }
  TF_ASSIGN_OR_RETURN(const std::optional<Entry> resolved, Resolved(request.id));
  if (resolved) {
    return absl::FailedPreconditionError("id " + request.id + " is resolved: entry " + std::to_string(resolved->seq));
  }

  ForgetIdleAccounts();
  TF_ASSIGN_OR_RETURN(const std::vector<Place> places, PlacesOf(record.axes, record.at_ms));
  std::optional<Refusal> refusal;
  for (const Place& place : places) {
    const Budget& budget = budgets_[place.budget].record.budget;
    const Account& account = *place.account;
    const int64_t requested = Of(record.amounts, budget.unit);
    if (int64_t held; !CheckedAdd(account.held, requested, &held)) {
      return absl::OutOfRangeError("budget " + budget.name + ": its holds exceed 63 bits");
    }
    if (budget.mode == Mode::kTrack) continue;
    const auto cause = CauseToRefuse(budget.hard, account.posted, account.held, requested);
    if (!cause || (refusal && Lasting(refusal->cause) >= Lasting(*cause))) continue;
    const int64_t left = LeftOf(budget.hard, account.posted, account.held);
    refusal = Refusal{budget.name,  budget.unit, *cause, budget.hard,        account.posted,
                      account.held, requested,   left,   place.window_end_ms};
  }
  if (refusal) return Reserved{*std::move(refusal), store_.written()};

  store::Batch batch;
  batch.Put(holds_on_disk_, request.id, Encode(record));
  TF_ASSIGN_OR_RETURN(const store::Ticket ticket, Write(batch));
  for (const Place& place : places) {
    place.account->held += Of(record.amounts, budgets_[place.budget].record.budget.unit);
    ++place.account->holds;
  }
  Hold hold = ToHold(request.id, record);
  holds_.emplace(request.id, OpenHold{std::move(record), places});
  return Reserved{std::move(hold), ticket};
}

std::vector<Hold> Ledger::Holds() const {
  std::vector<Hold> holds;
  {
    const std::lock_guard lock(mu_);
    for (const auto& [id, hold] : holds_) holds.push_back(ToHold(id, hold.record));
  }
  std::sort(holds.begin(), holds.end(), [](const Hold& a, const Hold& b) { return a.id < b.id; });
  return holds;
}

}  // namespace tokenfoundry::ledger
