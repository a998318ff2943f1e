#include "tokenfoundry/ledger/ledger.h"

#include "tokenfoundry/ledger/state_internal.h"

namespace tokenfoundry::ledger {

Ledger::Ledger(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Ledger::~Ledger() = default;

absl::StatusOr<std::unique_ptr<Ledger>> Ledger::Open(const LedgerOptions& options) {
  if (options.store == nullptr) return absl::InvalidArgumentError("store: missing");
  if (options.session_idle_ms <= 0) return absl::InvalidArgumentError("session_idle: not positive");
  TF_RETURN_IF_ERROR(ValidateTime(options.now_ms));
  auto impl = std::make_unique<Impl>(options);
  TF_RETURN_IF_ERROR(impl->Load(options.now_ms));
  return std::unique_ptr<Ledger>(new Ledger(std::move(impl)));
}

absl::StatusOr<Reserved> Ledger::Reserve(const ReserveRequest& request, store::OnStall on_stall) {
  return impl_->Reserve(request, on_stall);
}
absl::StatusOr<Posted> Ledger::Settle(const SettleRequest& request, store::OnStall on_stall) {
  return impl_->Settle(request, on_stall);
}
absl::StatusOr<Posted> Ledger::Void(const VoidRequest& request, store::OnStall on_stall) {
  return impl_->Void(request, on_stall);
}
absl::StatusOr<Posted> Ledger::Record(const RecordRequest& request, store::OnStall on_stall) {
  return impl_->Record(request, on_stall);
}
absl::StatusOr<Posted> Ledger::Adjust(const AdjustRequest& request) { return impl_->Adjust(request); }
absl::StatusOr<Posted> Ledger::Apply(const ChangeRequest& request) { return impl_->Apply(request); }
absl::StatusOr<Posted> Ledger::Note(const NoteRequest& request) { return impl_->Note(request); }
absl::StatusOr<store::Ticket> Ledger::SetBudgets(const std::vector<Budget>& budgets, int64_t now_ms) {
  return impl_->SetBudgets(budgets, now_ms);
}
std::vector<Budget> Ledger::Budgets() const { return impl_->Budgets(); }
absl::StatusOr<Amounts> Ledger::Headroom(const Axes& axes, int64_t at_ms, int64_t now_ms) {
  return impl_->Headroom(axes, at_ms, now_ms);
}
absl::StatusOr<std::vector<Balance>> Ledger::Balances(int64_t at_ms, std::string_view only_of) {
  return impl_->Balances(at_ms, only_of);
}
std::vector<Grant> Ledger::Grants() const { return impl_->Grants(); }
std::vector<Change> Ledger::Changes(int64_t now_ms) const { return impl_->Changes(now_ms); }
absl::StatusOr<std::optional<Entry>> Ledger::EntryOf(const std::string& id) const { return impl_->EntryOf(id); }
absl::StatusOr<std::vector<Entry>> Ledger::Entries(const EntryRange& range) const { return impl_->Entries(range); }
absl::StatusOr<std::vector<Event>> Ledger::Events(uint64_t first_seq, uint64_t limit) const {
  return impl_->Events(first_seq, limit);
}
absl::StatusOr<std::vector<Rollup>> Ledger::Rollups(int64_t from_ms, int64_t until_ms, uint64_t limit) const {
  return impl_->Rollups(from_ms, until_ms, limit);
}
std::vector<Hold> Ledger::Holds() const { return impl_->Holds(); }
absl::Status Ledger::Check() const { return impl_->Check(); }
uint64_t Ledger::recovered() const { return impl_->recovered(); }
uint64_t Ledger::size() const { return impl_->size(); }
absl::Status Ledger::health() const { return impl_->health(); }

}  // namespace tokenfoundry::ledger
