// How a hold ends, and what is written without one: the only place where entries are made.
#include <algorithm>

#include "tokenfoundry/base/checked.h"
#include "tokenfoundry/base/endian.h"
#include "tokenfoundry/ledger/state_internal.h"

namespace tokenfoundry::ledger {
namespace {

constexpr int kPrunedPerEntry = 4;  // So that forgetting catches up with remembering; each reads one old entry.
constexpr Flags kCallersFlags = kUncertain | kEstimated;

std::string U64(uint64_t value) {
  std::string bytes;
  AppendLittle(&bytes, value);
  return bytes;
}

bool Exceeds(const Amounts& amounts, const Amounts& held) {
  for (size_t i = 0; i < kUnits; ++i) {
    if (amounts[i] > held[i]) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<Posted> Ledger::Settle(const SettleRequest& request, store::OnStall on_stall) {
  TF_RETURN_IF_ERROR(ValidateId(request.id));
  TF_RETURN_IF_ERROR(ValidateAmounts(request.amounts));
  TF_RETURN_IF_ERROR(ValidateTime(request.now_ms));
  TF_RETURN_IF_ERROR(ValidateDetail(request.detail.value_or("")));
  if ((request.flags & ~kCallersFlags) != 0) return absl::InvalidArgumentError("flags: only uncertain and estimated");
  Entry asked;
  asked.kind = EntryKind::kSettled;
  asked.flags = request.flags;
  asked.id = request.id;
  asked.amounts = request.amounts;
  asked.detail = request.detail.value_or("");
  return Locked(on_stall, [&] { return ResolveLocked(asked, request.detail.has_value(), request.now_ms); });
}

absl::StatusOr<Posted> Ledger::Void(const VoidRequest& request, store::OnStall on_stall) {
  TF_RETURN_IF_ERROR(ValidateId(request.id));
  TF_RETURN_IF_ERROR(ValidateTime(request.now_ms));
  TF_RETURN_IF_ERROR(ValidateDetail(request.detail.value_or("")));
  Entry asked;
  asked.kind = EntryKind::kVoid;
  asked.id = request.id;
  asked.detail = request.detail.value_or("");
  return Locked(on_stall, [&] { return ResolveLocked(asked, request.detail.has_value(), request.now_ms); });
}

absl::StatusOr<Posted> Ledger::ResolveLocked(const Entry& asked, bool has_detail, int64_t now_ms) {
  const auto open = holds_.find(asked.id);
  if (open == holds_.end()) {
    TF_ASSIGN_OR_RETURN(std::optional<Entry> done, Resolved(asked.id));
    if (!done) return absl::NotFoundError("no hold " + asked.id);
    const bool same = done->kind == asked.kind && done->amounts == asked.amounts &&
                      (done->flags & kCallersFlags) == asked.flags && (!has_detail || done->detail == asked.detail);
    if (same) return Posted{*std::move(done), store_.written()};
    return absl::FailedPreconditionError("id " + asked.id + " is already resolved otherwise: entry " +
                                         std::to_string(done->seq));
  }
  const HoldRecord& held = open->second.record;
  Entry entry = asked;
  entry.at_ms = held.at_ms;
  entry.axes = held.axes;
  if (!has_detail) entry.detail = held.detail;
  if (Exceeds(entry.amounts, held.amounts)) entry.flags |= kOverrun;
  return Post(std::move(entry), &open->second, now_ms);
}

absl::StatusOr<Posted> Ledger::Record(const RecordRequest& request, store::OnStall on_stall) {
  TF_RETURN_IF_ERROR(ValidateId(request.id));
  TF_RETURN_IF_ERROR(ValidateAmounts(request.amounts));
  TF_RETURN_IF_ERROR(ValidateAxes(request.axes));
  TF_RETURN_IF_ERROR(ValidateTime(request.now_ms));
  TF_RETURN_IF_ERROR(ValidateTime(request.at_ms.value_or(0)));
  TF_RETURN_IF_ERROR(ValidateDetail(request.detail));
  if (request.kind != EntryKind::kHit && request.kind != EntryKind::kRefused) {
    return absl::InvalidArgumentError("kind: only hit and refused are recorded without a hold");
  }
  return Locked(on_stall, [&] { return RecordLocked(request); });
}

absl::StatusOr<Posted> Ledger::RecordLocked(const RecordRequest& request) {
  if (holds_.contains(request.id)) {
    return absl::FailedPreconditionError("id " + request.id + " is held: settle or void it");
  }
  Entry entry;
  entry.kind = request.kind;
  entry.id = request.id;
  entry.at_ms = request.at_ms.value_or(request.now_ms);
  entry.amounts = request.amounts;
  entry.axes = request.axes;
  entry.detail = request.detail;
  TF_ASSIGN_OR_RETURN(std::optional<Entry> done, Resolved(request.id));
  if (done) {
    const bool same = done->kind == entry.kind && done->amounts == entry.amounts && done->axes == entry.axes &&
                      done->detail == entry.detail && (!request.at_ms || done->at_ms == entry.at_ms);
    if (same) return Posted{*std::move(done), store_.written()};
    return absl::AlreadyExistsError("id " + request.id + " is taken: entry " + std::to_string(done->seq));
  }
  ForgetIdleAccounts();
  return Post(std::move(entry), nullptr, request.now_ms);
}

absl::StatusOr<Posted> Ledger::Post(Entry entry, OpenHold* hold, int64_t now_ms) {
  entry.seq = next_seq_;
  entry.posted_at_ms = std::max(now_ms, last_posted_at_ms_);
  std::vector<Place> places;
  if (hold != nullptr) {
    places = hold->places;
  } else {
    TF_ASSIGN_OR_RETURN(places, PlacesOf(entry.axes, entry.at_ms));
  }

  store::Batch batch;
  for (const Place& place : places) {
    const Budget& budget = budgets_[place.budget].record.budget;
    // Saturating: what was used must be booked, whatever stands there already, or its hold could never be released.
    const AccountRecord after{SaturatingAdd(place.account->posted, Of(entry.amounts, budget.unit)),
                              place.account->entries + 1};
    if (hold != nullptr && (place.account->holds == 0 || place.account->held < Of(hold->record.amounts, budget.unit))) {
      return Poison("budget " + budget.name + " would hold less than nothing");
    }
    batch.Put(accounts_on_disk_, *place.key, Encode(after));
  }
  const std::string bytes = Encode(entry);
  batch.Put(entries_, SeqKey(entry.seq), bytes);
  batch.Put(ids_, entry.id, U64(entry.seq));
  if (hold != nullptr) batch.Delete(holds_on_disk_, entry.id);
  Block block = blocks_.back();
  block.min_at_ms = std::min(block.min_at_ms, entry.at_ms);
  block.max_at_ms = std::max(block.max_at_ms, entry.at_ms);
  const bool block_is_full = (entry.seq + 1) % kBlockEntries == 0;
  if (block_is_full) {
    batch.Put(blocks_on_disk_, SeqKey(entry.seq / kBlockEntries),
              U64(static_cast<uint64_t>(block.min_at_ms)) + U64(static_cast<uint64_t>(block.max_at_ms)));
  }
  TF_ASSIGN_OR_RETURN(const uint64_t pruned_seq, StagePruning(entry.posted_at_ms, &batch));

  if (witness_ != nullptr) witness_->Stage(bytes, &batch);
  const auto ticket = Write(batch);
  if (!ticket.ok()) {
    if (witness_ != nullptr) witness_->Discard();
    return ticket.status();
  }
  if (witness_ != nullptr) witness_->Commit();

  for (const Place& place : places) {
    const Unit unit = budgets_[place.budget].record.budget.unit;
    place.account->posted = SaturatingAdd(place.account->posted, Of(entry.amounts, unit));
    ++place.account->entries;
    if (hold == nullptr) continue;
    place.account->held -= Of(hold->record.amounts, unit);
    --place.account->holds;
  }
  if (hold != nullptr) holds_.erase(entry.id);
  blocks_.back() = block;
  if (block_is_full) blocks_.emplace_back();
  pruned_seq_ = pruned_seq;
  last_posted_at_ms_ = entry.posted_at_ms;
  ++next_seq_;
  return Posted{std::move(entry), *ticket};
}

absl::StatusOr<std::optional<Entry>> Ledger::Resolved(const std::string& id) const {
  TF_ASSIGN_OR_RETURN(const std::optional<std::string> seq, store_.Get(ids_, id));
  if (!seq) return std::nullopt;
  if (seq->size() != 8) return absl::DataLossError("ledger.ids: the record of " + id + " is damaged");
  TF_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                      store_.Get(entries_, SeqKey(LoadLittle<uint64_t>(seq->data()))));
  if (!bytes) return absl::DataLossError("the entry of id " + id + " is missing");
  TF_ASSIGN_OR_RETURN(Entry entry, DecodeEntry(*bytes));
  if (entry.id != id) return absl::DataLossError("the entry of id " + id + " carries another id");
  return entry;
}

// Forgets, with each new entry, the ids of a few that are over a week old. Returns the first entry still remembered.
absl::StatusOr<uint64_t> Ledger::StagePruning(int64_t now_ms, store::Batch* batch) {
  uint64_t seq = pruned_seq_;
  for (int i = 0; i < kPrunedPerEntry && now_ms > next_prune_at_ms_ && seq < next_seq_; ++i, ++seq) {
    TF_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, store_.Get(entries_, SeqKey(seq)));
    if (!bytes) return Poison("entry " + std::to_string(seq) + " is missing");
    TF_ASSIGN_OR_RETURN(const Entry entry, DecodeEntry(*bytes));
    if (entry.posted_at_ms + kRemember_ms >= now_ms) {
      next_prune_at_ms_ = entry.posted_at_ms + kRemember_ms;
      break;
    }
    batch->Delete(ids_, entry.id);
  }
  if (seq != pruned_seq_) batch->Put(meta_, "pruned_seq", U64(seq));
  return seq;
}

}  // namespace tokenfoundry::ledger
