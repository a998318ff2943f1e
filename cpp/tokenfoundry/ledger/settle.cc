// How a hold ends, and what is written without one: the only place where entries are made.
#include <algorithm>
#include <map>
#include <tuple>

#include "tokenfoundry/base/checked.h"
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

absl::Status Taken(const Entry& by) {
  return absl::AlreadyExistsError("id " + by.id + " is taken: entry " + std::to_string(by.seq));
}

bool Exceeds(const Amounts& amounts, const Amounts& held) {
  for (size_t i = 0; i < kUnits; ++i) {
    if (amounts[i] > held[i]) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<Posted> Ledger::Impl::Settle(const SettleRequest& request, store::OnStall on_stall) {
  TF_RETURN_IF_ERROR(ValidateId(request.id));
  TF_RETURN_IF_ERROR(ValidateAmounts(request.amounts));
  TF_RETURN_IF_ERROR(ValidateTallies(request.tallies));
  TF_RETURN_IF_ERROR(ValidateTime(request.now_ms));
  TF_RETURN_IF_ERROR(ValidateDetail(request.detail.value_or("")));
  if ((request.flags & ~kCallersFlags) != 0) return absl::InvalidArgumentError("flags: only uncertain and estimated");
  Entry asked;
  asked.kind = EntryKind::kSettled;
  asked.flags = request.flags;
  asked.id = request.id;
  asked.amounts = request.amounts;
  asked.tallies = request.tallies;
  asked.detail = request.detail.value_or("");
  return Locked(on_stall, [&] { return ResolveLocked(asked, request.detail.has_value(), request.now_ms); });
}

absl::StatusOr<Posted> Ledger::Impl::Void(const VoidRequest& request, store::OnStall on_stall) {
  TF_RETURN_IF_ERROR(ValidateId(request.id));
  TF_RETURN_IF_ERROR(ValidateTime(request.now_ms));
  TF_RETURN_IF_ERROR(ValidateDetail(request.detail.value_or("")));
  Entry asked;
  asked.kind = EntryKind::kVoid;
  asked.id = request.id;
  asked.detail = request.detail.value_or("");
  return Locked(on_stall, [&] { return ResolveLocked(asked, request.detail.has_value(), request.now_ms); });
}

absl::StatusOr<Posted> Ledger::Impl::ResolveLocked(const Entry& asked, bool has_detail, int64_t now_ms) {
  const auto open = holds_.find(asked.id);
  if (open == holds_.end()) {
    TF_ASSIGN_OR_RETURN(std::optional<Entry> done, Resolved(asked.id));
    if (!done) return absl::NotFoundError("no hold " + asked.id);
    const bool same = done->kind == asked.kind && done->amounts == asked.amounts && done->tallies == asked.tallies &&
                      (done->flags & kCallersFlags) == asked.flags && (!has_detail || done->detail == asked.detail);
    if (same) return Posted{*std::move(done), {}, store_.written(), {}};
    return absl::FailedPreconditionError("id " + asked.id + " is already resolved otherwise: entry " +
                                         std::to_string(done->seq));
  }
  const HoldRecord& held = open->second.record;
  Entry entry = asked;
  entry.at_ms = held.at_ms;
  entry.axes = held.axes;
  entry.session_start_ms = held.session_start_ms;
  if (!has_detail) entry.detail = held.detail;
  if (Exceeds(entry.amounts, held.amounts)) entry.flags |= kOverrun;
  return Post(std::move(entry), &open->second, open->second.places, now_ms);
}

absl::StatusOr<Posted> Ledger::Impl::Record(const RecordRequest& request, store::OnStall on_stall) {
  TF_RETURN_IF_ERROR(ValidateId(request.id));
  TF_RETURN_IF_ERROR(ValidateAmounts(request.amounts));
  TF_RETURN_IF_ERROR(ValidateTallies(request.tallies));
  TF_RETURN_IF_ERROR(ValidateAxes(request.axes));
  TF_RETURN_IF_ERROR(ValidateTime(request.now_ms));
  TF_RETURN_IF_ERROR(ValidateTime(request.at_ms.value_or(0)));
  TF_RETURN_IF_ERROR(ValidateDetail(request.detail));
  if (request.kind != EntryKind::kHit && request.kind != EntryKind::kRefused && request.kind != EntryKind::kRented) {
    return absl::InvalidArgumentError("kind: only hit, refused and rented are recorded without a hold");
  }
  return Locked(on_stall, [&] { return RecordLocked(request); });
}

absl::StatusOr<Posted> Ledger::Impl::RecordLocked(const RecordRequest& request) {
  Entry entry;
  entry.kind = request.kind;
  entry.id = request.id;
  entry.at_ms = request.at_ms.value_or(request.now_ms);
  entry.amounts = request.amounts;
  entry.tallies = request.tallies;
  entry.axes = request.axes;
  entry.detail = request.detail;
  TF_ASSIGN_OR_RETURN(std::optional<Posted> repeated, Repeated(entry));
  const bool is_same_call =
      !repeated || (repeated->entry.axes == entry.axes && (!request.at_ms || repeated->entry.at_ms == entry.at_ms));
  if (!is_same_call) return Taken(repeated->entry);
  if (repeated) return *std::move(repeated);
  ForgetIdle();
  entry.session_start_ms = SessionStart(entry.axes, entry.at_ms);
  TF_ASSIGN_OR_RETURN(std::vector<Place> places, PlacesOf(entry.axes, entry.at_ms, entry.session_start_ms));
  if (request.must_fit) {
    const HoldRecord as_hold{entry.at_ms, entry.amounts, entry.axes, entry.session_start_ms, {}, {}};
    TF_ASSIGN_OR_RETURN(Asked asked, Ask(places, as_hold, request.now_ms));
    if (asked.refusal) return Posted{{}, {}, store_.written(), std::move(asked.refusal)};
  }
  const int64_t session_start_ms = entry.session_start_ms, at_ms = entry.at_ms;
  TF_ASSIGN_OR_RETURN(Posted posted, Post(std::move(entry), nullptr, std::move(places), request.now_ms,
                                          [&](const Entry&, store::Batch* batch) {
                                            StageSession(request.axes, session_start_ms, at_ms, batch);
                                          }));
  TouchSession(request.axes, session_start_ms, at_ms);
  return posted;
}

absl::StatusOr<Posted> Ledger::Impl::Adjust(const AdjustRequest& request) {
  TF_RETURN_IF_ERROR(ValidateId(request.id));
  TF_RETURN_IF_ERROR(ValidateDifference(request.amounts));
  TF_RETURN_IF_ERROR(ValidateTallies(request.tallies));
  TF_RETURN_IF_ERROR(ValidateTime(request.now_ms));
  TF_RETURN_IF_ERROR(ValidateDetail(request.detail));
  TF_RETURN_IF_ERROR(ValidateWho(request.actor, request.reason));
  return Locked(store::OnStall::kWait, [&] { return AdjustLocked(request); });
}

absl::StatusOr<Posted> Ledger::Impl::AdjustLocked(const AdjustRequest& request) {
  Entry entry;
  entry.kind = EntryKind::kAdjusted;
  entry.id = request.id;
  entry.of = request.of;
  entry.amounts = request.amounts;
  entry.tallies = request.tallies;
  entry.actor = request.actor;
  entry.reason = request.reason;
  entry.detail = request.detail;
  TF_ASSIGN_OR_RETURN(std::optional<Posted> repeated, Repeated(entry));
  if (repeated) return *std::move(repeated);

  const std::string of = "entry " + std::to_string(request.of);
  TF_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, store_.Get(entries_on_disk_, SeqKey(request.of)));
  if (!bytes) return absl::NotFoundError("there is no " + of);
  TF_ASSIGN_OR_RETURN(const Entry original, DecodeEntry(*bytes));
  if (original.kind == EntryKind::kAdjusted || original.kind == EntryKind::kChanged) {
    return absl::InvalidArgumentError("of: " + of + " is no call");
  }
  TF_ASSIGN_OR_RETURN(const std::optional<std::string> stored, store_.Get(adjusted_on_disk_, SeqKey(request.of)));
  CorrectedRecord corrected{{}, original.burns};
  if (stored) {
    TF_ASSIGN_OR_RETURN(corrected, DecodeCorrected(*stored));
  }
  for (size_t i = 0; i < kUnits; ++i) {
    corrected.amounts[i] += request.amounts[i];  // Bounded: what an entry has used in all is between 0 and 2**53.
    const int64_t used = original.amounts[i] + corrected.amounts[i];
    if (used >= 0 && used <= kMaxAmount) continue;
    return absl::InvalidArgumentError("amounts." + std::string(kUnitNames[i]) + ": " + of + " would have used " +
                                      std::to_string(used));
  }

  ForgetIdle();
  entry.at_ms = original.at_ms;
  entry.axes = original.axes;
  entry.session_start_ms = original.session_start_ms;
  TF_ASSIGN_OR_RETURN(std::vector<Place> places, PlacesOf(entry.axes, entry.at_ms, entry.session_start_ms));
  Refunds refunds = RefundsOf(entry, std::move(corrected.burns), places);
  corrected.burns = std::move(refunds.net);
  entry.burns = refunds.burns;
  const auto stage = [&](const Entry& posted, store::Batch* batch) {
    // After the refunds stands what the correction has taken in other units.
    for (size_t i = refunds.burns.size(); i < posted.burns.size(); ++i) {
      AddBurn(posted.burns[i].grant, posted.burns[i].amount, &corrected.burns);
    }
    batch->Put(adjusted_on_disk_, SeqKey(request.of), Encode(corrected));
  };
  return Post(std::move(entry), nullptr, std::move(places), request.now_ms, stage, refunds.paid);
}

// The entry that an earlier call with the same id has made without a hold; kAlreadyExists if its own fields were
// others.
absl::StatusOr<std::optional<Posted>> Ledger::Impl::Repeated(const Entry& asked) const {
  if (holds_.contains(asked.id)) {
    return absl::FailedPreconditionError("id " + asked.id + " is held: settle or void it");
  }
  TF_ASSIGN_OR_RETURN(std::optional<Entry> done, Resolved(asked.id));
  if (!done) return std::nullopt;
  const auto own = [](const Entry& entry) {
    return std::tie(entry.kind, entry.amounts, entry.tallies, entry.of, entry.change, entry.actor, entry.reason,
                    entry.detail);
  };
  if (own(*done) != own(asked)) return Taken(*done);
  return Posted{*std::move(done), {}, store_.written(), {}};
}

absl::StatusOr<Ledger::Impl::Effects> Ledger::Impl::EffectsOf(const Entry& entry, const OpenHold* hold,
                                                              const std::vector<Place>& places, int64_t now_ms) {
  Effects effects;
  for (const Place& place : places) {
    const BudgetState& state = budgets_[place.budget];
    const Budget& budget = state.budget();
    const int64_t amount = Of(entry.amounts, budget.unit);
    const int64_t held = hold == nullptr ? 0 : Of(hold->record.amounts, budget.unit);
    if (hold != nullptr && (place.account().holds == 0 || place.account().held < held)) {
      return Poison("budget " + budget.name + " would hold less than nothing");
    }
    const bool overruns = hold != nullptr && amount > held;
    if (amount <= 0 || (budget.levels.empty() && budget.burst.size == 0 && !overruns)) continue;

    TF_ASSIGN_OR_RETURN(const Standing before, StandingOf(place, entry.at_ms, now_ms));
    const int64_t used = SaturatingAdd(before.used, amount);
    const auto tell = [&](EventKind kind, const std::string& level, int64_t how_much) {
      const auto parts = DecodeAccountKey(place.key());
      Event event;
      event.seq = next_event_ + effects.events.size();
      event.kind = kind;
      event.entry = entry.seq;
      event.at_ms = entry.posted_at_ms;
      event.budget = budget.name;
      if (parts.ok()) event.each = parts->each;
      event.unit = budget.unit;
      event.level = level;
      event.amount = how_much;
      event.used = used;
      event.cap = before.cap;
      event.start_ms = place.window.start_ms - OldestBefore(budget.window);
      event.end_ms = place.window.end_ms;
      effects.events.push_back(std::move(event));
    };
    if (overruns) tell(EventKind::kOverHold, "", amount - held);

    // A rolling window has no end after which a level could be told again: it is told whenever it is passed upwards.
    int64_t alerted = state.is_rolling() ? before.used : place.account().alerted;
    for (const Level& level : budget.levels) {
      if (level.amount <= alerted || level.amount > used) continue;
      tell(EventKind::kLevel, level.name, level.amount);
    }
    for (const Level& level : budget.levels) {
      if (level.amount <= used) alerted = std::max(alerted, level.amount);
    }
    if (!state.is_rolling() && alerted > place.account().alerted) {
      Account after = place.account();
      after.Add(amount);
      after.alerted = alerted;
      effects.accounts.emplace_back(place, after);
    }

    const int64_t over = std::max<int64_t>(0, used - before.line);
    if (budget.burst.size > 0 && over > before.over) {
      // By the caller's clock and not by posted_at: one that jumped ahead and came back would stop the refill so long.
      const int64_t left = CreditAt(state, place.key(), now_ms) - (over - before.over);
      effects.credits.emplace_back(LineKey(place.key()), Credit{std::max<int64_t>(0, left), now_ms});
    }
  }
  for (const Burn& burn : entry.burns) {
    if (burn.grant == entry.seq) continue;  // Of the grant that the entry makes, which is written as it will be.
    GrantRecord& after = effects.grants.try_emplace(burn.grant, grants_.at(burn.grant).record).first->second;
    after.spent = SaturatingAdd(after.spent, burn.amount);
  }
  return effects;
}

absl::StatusOr<Posted> Ledger::Impl::Post(Entry entry, OpenHold* hold, std::vector<Place> places, int64_t now_ms,
                                          const StageMore& stage_more, const Paid& paid) {
  entry.seq = next_seq_;
  entry.posted_at_ms = std::max(now_ms, last_posted_at_ms_);
  for (Burn& burn : BurnsOf(entry, hold, places)) entry.burns.push_back(burn);
  TF_ASSIGN_OR_RETURN(Effects effects, EffectsOf(entry, hold, places, now_ms));
  for (const auto& [grant, debts] : paid) {
    effects.grants.try_emplace(grant, grants_.at(grant).record).first->second.paid = debts;
  }
  TF_ASSIGN_OR_RETURN(WriteBehind<Rollup>::Item* const rollup, RollupOf(entry));

  store::Batch batch;
  const size_t accounts_due = accounts_.StageDue(entry.seq, accounts_on_disk_, &batch);
  const size_t rollups_due = rollups_.StageDue(entry.seq, rollups_on_disk_, &batch);
  for (const auto& [place, after] : effects.accounts) {
    batch.Put(accounts_on_disk_, place.key(), Encode(after, entry.seq + 1));
  }
  for (const Event& event : effects.events) batch.Put(events_on_disk_, SeqKey(event.seq), Encode(event));
  for (const auto& [line, credit] : effects.credits) {
    batch.Put(credits_on_disk_, line, EncodePair(credit.left, credit.as_of_ms));
  }
  for (const auto& [seq, after] : effects.grants) batch.Put(grants_on_disk_, SeqKey(seq), Encode(after));
  if (stage_more) stage_more(entry, &batch);

  const std::string bytes = Encode(entry);
  batch.Put(entries_on_disk_, SeqKey(entry.seq), bytes);
  batch.Put(ids_on_disk_, entry.id, U64(entry.seq));
  if (hold != nullptr) batch.Delete(holds_on_disk_, entry.id);
  // The end of a call is a use of its session.
  auto* const session = hold == nullptr ? nullptr : SessionOf(hold->record);
  const int64_t session_last_ms = session == nullptr ? 0 : std::max(session->second.last_ms, now_ms);
  if (session != nullptr) {
    batch.Put(sessions_on_disk_, session->first, EncodePair(session->second.start_ms, session_last_ms));
  }
  Block block = blocks_.back();
  block.Include(entry);
  const bool block_is_full = (entry.seq + 1) % kBlockEntries == 0;
  if (block_is_full) {
    batch.Put(blocks_on_disk_, SeqKey(entry.seq / kBlockEntries), EncodePair(block.min_at_ms, block.max_at_ms));
  }
  TF_ASSIGN_OR_RETURN(const uint64_t pruned_seq, StagePruning(entry.posted_at_ms, &batch));

  if (witness_ != nullptr) witness_->Stage(bytes, &batch);
  const auto ticket = Write(batch);
  if (!ticket.ok()) {
    if (witness_ != nullptr) witness_->Discard();
    return ticket.status();
  }
  if (witness_ != nullptr) witness_->Commit();

  accounts_.Stored(accounts_due);
  rollups_.Stored(rollups_due);
  for (const Place& place : places) {
    const Unit unit = budgets_[place.budget].budget().unit;
    const int64_t amount = Of(entry.amounts, unit), held = hold == nullptr ? 0 : Of(hold->record.amounts, unit);
    Account& account = place.account();
    const int64_t used_before = UsedOf(account);
    account.Add(amount);
    account.held -= held;
    if (hold != nullptr) {
      --account.holds;
      FollowHolds(place);
    }
    accounts_.Touch(place.item, entry.seq);
    Follow(place, UsedOf(account) - used_before, -held);
  }
  for (const auto& [place, after] : effects.accounts) place.account().alerted = after.alerted;
  for (const auto& [line, credit] : effects.credits) credits_[line] = credit;
  for (auto& [seq, after] : effects.grants) grants_.at(seq).record = std::move(after);
  rollup->second.record.Add(entry);
  rollups_.Touch(rollup, entry.seq);
  if (session != nullptr) {
    session->second.last_ms = session_last_ms;
    if (session->second.holds > 0) --session->second.holds;
  }
  if (hold != nullptr) {
    HoldGrants(hold->record.burns, -1);
    CountHeld(hold->record.amounts, -1);
    holds_.erase(entry.id);
  }
  blocks_.back() = block;
  if (block_is_full) blocks_.emplace_back();
  next_event_ += effects.events.size();
  pruned_seq_ = pruned_seq;
  last_posted_at_ms_ = entry.posted_at_ms;
  ++next_seq_;
  return Posted{std::move(entry), std::move(effects.events), *ticket, {}};
}

absl::StatusOr<WriteBehind<Rollup>::Item*> Ledger::Impl::RollupOf(const Entry& entry) {
  std::string key = RollupKey(entry.at_ms, entry.axes);
  if (WriteBehind<Rollup>::Item* const found = rollups_.Find(key)) return found;
  Rollup rollup;
  TF_ASSIGN_OR_RETURN(const std::optional<std::string> stored, store_.Get(rollups_on_disk_, key));
  if (stored) {
    TF_ASSIGN_OR_RETURN(const Through<Rollup> on_disk, DecodeRollup(key, *stored));
    rollup = on_disk.record;
  } else {
    rollup.hour_ms = entry.at_ms - entry.at_ms % kHour_ms;
    rollup.axes = entry.axes;
    rollup.axes[static_cast<size_t>(Axis::kSession)].clear();
  }
  return rollups_.Insert(std::move(key), std::move(rollup));
}

absl::StatusOr<std::optional<Entry>> Ledger::Impl::Resolved(const std::string& id) const {
  TF_ASSIGN_OR_RETURN(const std::optional<std::string> seq, store_.Get(ids_on_disk_, id));
  if (!seq) return std::nullopt;
  if (seq->size() != 8) return absl::DataLossError("ledger.ids: the record of " + id + " is damaged");
  TF_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                      store_.Get(entries_on_disk_, SeqKey(LoadLittle<uint64_t>(seq->data()))));
  if (!bytes) return absl::DataLossError("the entry of id " + id + " is missing");
  TF_ASSIGN_OR_RETURN(Entry entry, DecodeEntry(*bytes));
  if (entry.id != id) return absl::DataLossError("the entry of id " + id + " carries another id");
  return entry;
}

// Forgets, with each new entry, the ids of a few that are over a week old. Returns the first entry still remembered.
absl::StatusOr<uint64_t> Ledger::Impl::StagePruning(int64_t now_ms, store::Batch* batch) {
  uint64_t seq = pruned_seq_;
  for (int i = 0; i < kPrunedPerEntry && now_ms > next_prune_at_ms_ && seq < next_seq_; ++i, ++seq) {
    TF_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, store_.Get(entries_on_disk_, SeqKey(seq)));
    if (!bytes) return Poison("entry " + std::to_string(seq) + " is missing");
    TF_ASSIGN_OR_RETURN(const Entry entry, DecodeEntry(*bytes));
    if (entry.posted_at_ms + kRemember_ms >= now_ms) {
      next_prune_at_ms_ = entry.posted_at_ms + kRemember_ms;
      break;
    }
    // An hour is paid once, however late somebody asks for it again.
    if (entry.kind != EntryKind::kRented) batch->Delete(ids_on_disk_, entry.id);
  }
  if (seq != pruned_seq_) batch->Put(meta_on_disk_, "pruned_seq", U64(seq));
  return seq;
}

}  // namespace tokenfoundry::ledger
