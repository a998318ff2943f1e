#include "tests/cpp/simulation/history.h"

#include <errno.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "tests/cpp/simulation/compare.h"
#include "tests/cpp/simulation/disk.h"

namespace tokenfoundry::simulation {
namespace {

constexpr int64_t kSessionIdle_ms = 600'000;
constexpr size_t kStepsTold = 25;

template <typename List>
auto Last(Chance& chance, const List& list, size_t among) {
  const auto size = static_cast<int64_t>(list.size()), first = std::max<int64_t>(0, size - static_cast<int64_t>(among));
  return list[static_cast<size_t>(chance.Between(first, size - 1))];
}

std::string Text(const Amounts& amounts) {
  std::string text;
  for (const int64_t amount : amounts) text += " " + (amount == kNoCap ? "-" : std::to_string(amount));
  return text;
}

std::string Text(const Axes& axes) {
  std::string text;
  for (const std::string& value : axes) text += value.empty() ? "" : " " + value;
  return text;
}

std::string Text(const Budget& budget) {
  std::string text = "budget " + budget.name + " unit " + std::to_string(static_cast<int>(budget.unit)) + " window " +
                     std::to_string(static_cast<int>(budget.window.kind)) + " mode " +
                     std::to_string(static_cast<int>(budget.mode)) + (budget.prepaid ? " prepaid" : "");
  if (budget.hard != kNoCap) text += " hard " + std::to_string(budget.hard);
  if (budget.at_cap == AtCap::kThrottle) text += " from " + std::to_string(budget.throttle_from);
  if (budget.burst.size > 0) {
    text += " burst " + std::to_string(budget.burst.size) + ", " + std::to_string(budget.burst.refill) + " every " +
            std::to_string(budget.burst.refill_every_ms) + " ms, most " + std::to_string(budget.burst.max_per_window);
  }
  for (size_t i = 0; i < kAxes; ++i) {
    if (!budget.calls.match[i].empty()) text += " of " + budget.calls.match[i].front();
  }
  for (const Axis axis : budget.calls.each) text += " each " + std::string(kAxisNames[static_cast<size_t>(axis)]);
  return text;
}

}  // namespace

History::History(const HistoryOptions& options, Counts* counts)
    : options_(options),
      counts_(*counts),
      chance_(options.seed),
      world_(chance_),
      now_ms_(world_.Start_ms()),
      model_(kSessionIdle_ms) {
  std::filesystem::remove_all(options_.directory);
  std::filesystem::create_directories(options_.directory);
  Disk::Get().Watch(options_.directory);
  is_power_ = chance_.Percent(30);
  is_small_ = !is_power_ && chance_.Percent(10);
}

History::~History() {
  Close();
  Disk::Get().Unwatch();
  std::filesystem::remove_all(options_.directory);
}

absl::Status History::Run() {
  const absl::Status ran = Steps();
  if (ran.ok()) return ran;
  std::string told = "seed " + std::to_string(options_.seed) + ": " + std::string(StdView(ran.message())) + "\n";
  const size_t first = said_.size() < kStepsTold ? 0 : said_.size() - kStepsTold;
  for (size_t i = first; i < said_.size(); ++i) told += "  " + std::to_string(i) + " " + said_[i] + "\n";
  return absl::InternalError(told);
}

absl::Status History::Steps() {
  TF_RETURN_IF_ERROR(Open({model_}));
  const std::vector<Budget> budgets = world_.Budgets();
  TF_RETURN_IF_ERROR(ledger_->SetBudgets(budgets, now_ms_).status());
  TF_RETURN_IF_ERROR(model_.SetBudgets(budgets));
  for (const Budget& budget : budgets) Say(Text(budget));
  TF_RETURN_IF_ERROR(Durable());
  if (options_.seed % 100 == 0) TF_RETURN_IF_ERROR(GrowOld());
  for (int i = 0; i < options_.steps; ++i) {
    ++counts_.steps;
    PassTime();
    TF_RETURN_IF_ERROR(Step());
    if (!is_armed_) TF_RETURN_IF_ERROR(CompareNow(*ledger_, model_, now_ms_));
    if (i % 50 == 49 && !is_armed_) TF_RETURN_IF_ERROR(CompareAll(*ledger_, model_, now_ms_));
  }
  TF_RETURN_IF_ERROR(CloseAndOpen());
  counts_.entries += static_cast<int64_t>(model_.entries().size());
  counts_.events += static_cast<int64_t>(model_.events().size());
  return absl::OkStatus();
}

// So many entries that during the history sums become due to be stored, and a block of entries ends.
absl::Status History::GrowOld() {
  Say("grows old");
  for (int64_t entries = chance_.Between(4000, 4150); entries > 0; --entries) {
    RecordRequest request{NewId(), EntryKind::kHit, {}, {}, world_.Call(), std::nullopt, now_ms_, ""};
    request.axes[static_cast<size_t>(Axis::kSession)].clear();
    if (chance_.Percent(20)) request.amounts = world_.Used();
    const auto should_be = model_.Record(request);
    TF_RETURN_IF_ERROR(ComparePosted(ledger_->Record(request), should_be));
    now_ms_ += chance_.Below(2000);
  }
  return Durable();
}

void History::Say(std::string what) {
  if (options_.verbose) std::cerr << said_.size() << " @" << now_ms_ << " " << what << std::endl;
  said_.push_back("@" + std::to_string(now_ms_) + " " + std::move(what));
}

// -- the clock --------------------------------------------------------------------------------------------------------

void History::PassTime() {
  const int64_t what = chance_.Below(1000);
  int64_t step_ms = chance_.Below(4000);
  if (what < 20) step_ms = chance_.Below(120'000);
  if (what < 14) step_ms = chance_.Below(3 * 3'600'000);
  if (what < 8) {
    const std::vector<Budget> budgets = model_.Budgets();
    if (!budgets.empty()) {  // To the end of a window, give or take a little.
      const int64_t end_ms = chance_.Of(budgets).window.BoundsAt(now_ms_).end_ms;
      if (end_ms != kNever) step_ms = end_ms - now_ms_ + chance_.Between(-1500, 1500);
    }
  }
  if (what < 4) step_ms = 8 * 86'400'000LL;
  if (what >= 985) step_ms = -chance_.Below(chance_.Percent(80) ? 20'000 : 7'200'000);
  now_ms_ += step_ms;
}

// -- what happens -----------------------------------------------------------------------------------------------------

absl::Status History::Step() {
  if (is_power_) past_.push_back(model_);
  const Model before = is_armed_ ? model_ : Model(0);
  const absl::Status done = Act();
  if (is_armed_ && Disk::Get().has_failed()) return AfterFailedWrite(before);
  return done;
}

absl::Status History::Act() {
  const int64_t what = chance_.Below(1000);
  if (what < 360) return Reserve();
  if (what < 410) return ReserveExactly();
  if (what < 640) return Settle();
  if (what < 690) return Void();
  if (what < 770) return Record();
  if (what < 810) return Adjust();
  if (what < 880) return Apply();
  if (what < 910) return SetBudgets();
  if (what < 970) return Repeat();
  if (is_armed_) return Settle();
  if (what < 975) {
    PlanFault();
    return absl::OkStatus();
  }
  if (what < 977) return Kill();
  if (what < 978) return CloseAndOpen();
  if (what < 980) return CompareAll(*ledger_, model_, now_ms_);
  if (!is_power_) return Reserve();
  if (what < 983) return LosePower();
  if (what < 984) return FailSync();
  return Durable();
}

std::string History::NewId() { return "c" + std::to_string(next_id_++); }

std::string History::Detail() {
  return chance_.Percent(80) && !is_small_
             ? "d"
             : std::string(static_cast<size_t>(chance_.Below(is_small_ ? 9000 : 50)), 'x');
}

absl::Status History::Reserve() {
  ReserveRequest request{NewId(), world_.Used(), world_.Call(), std::nullopt, now_ms_, Detail()};
  if (chance_.Percent(12)) request.at_ms = now_ms_ - chance_.Below(120'000);
  if (chance_.Percent(3)) request.at_ms = now_ms_ - chance_.Below(30 * 3'600'000);
  if (chance_.Percent(2)) request.at_ms = now_ms_ + chance_.Below(7'200'000);
  return Ask(request);
}

// What is said to be left is admitted, and no more.
absl::Status History::ReserveExactly() {
  ReserveRequest request{NewId(), {}, world_.Call(), std::nullopt, now_ms_, "exactly"};
  if (model_.IsSessionInDoubt(request.axes, now_ms_)) request.axes[static_cast<size_t>(Axis::kSession)].clear();
  const auto room = ledger_->Headroom(request.axes, now_ms_, now_ms_);
  const Amounts should_be = model_.Headroom(request.axes, now_ms_, now_ms_);
  if (!room.ok()) return room.status();
  Say("headroom of" + Text(request.axes) + ":" + Text(*room));
  if (*room != should_be) return absl::InternalError("headroom: the model says" + Text(should_be));
  const auto unit = static_cast<size_t>(chance_.Below(3));
  request.amounts[unit] = (*room)[unit] == kNoCap ? 1 : (*room)[unit] + (chance_.Percent(50) ? 1 : 0);
  const bool fits = request.amounts[unit] <= (*room)[unit];
  const bool is_free = model_.Headroom(request.axes, now_ms_, now_ms_) == Amounts{};  // Perhaps frozen.
  const auto refusal = model_.RefusalOf(request.axes, request.amounts, now_ms_, now_ms_);
  if (!is_free && fits == refusal.has_value()) return absl::InternalError("the model contradicts itself");
  return Ask(request);
}

absl::Status History::Ask(const ReserveRequest& asked) {
  ReserveRequest request = asked;
  if (model_.IsSessionInDoubt(request.axes, request.at_ms.value_or(now_ms_))) {
    request.axes[static_cast<size_t>(Axis::kSession)].clear();
  }
  const auto should_be = model_.Reserve(request);
  Say("reserve " + request.id + Text(request.amounts) + " of" + Text(request.axes) +
      (request.at_ms ? " at " + std::to_string(*request.at_ms) : ""));
  const auto is = ledger_->Reserve(request);
  if (is_armed_ && Disk::Get().has_failed()) return is.status();
  TF_RETURN_IF_ERROR(CompareReserved(is, should_be));
  if (!is.ok()) return absl::OkStatus();
  if (const auto* const refusal = std::get_if<Refusal>(&is->outcome)) {
    ++counts_.refused;
    return CheckPromise(request, *refusal);
  }
  ++counts_.admitted;
  reserves_.push_back(request);
  return absl::OkStatus();
}

// Asked again at admits_at_ms it would be admitted, and not before.
absl::Status History::CheckPromise(const ReserveRequest& request, const Refusal& refusal) {
  const int64_t at_ms = refusal.admits_at_ms;
  const bool has_session = !request.axes[static_cast<size_t>(Axis::kSession)].empty();
  if (request.at_ms || at_ms == kNever || has_session || model_.ChangesWithin(now_ms_, at_ms)) return absl::OkStatus();
  if (model_.latest_ms() > now_ms_) return absl::OkStatus();  // The next window may not be empty.
  if (refusal.cause == RefusalCause::kHeld && at_ms == now_ms_) return absl::OkStatus();
  if (at_ms <= now_ms_) return absl::InternalError("promised for a time that is over: " + std::to_string(at_ms));
  if (const auto still = model_.RefusalOf(request.axes, request.amounts, at_ms, at_ms)) {
    const auto by = [&](const Budget& budget) { return budget.name == still->budget; };
    const std::vector<Budget> budgets = model_.Budgets();
    const bool begins_slowly = std::find_if(budgets.begin(), budgets.end(), by)->at_cap == AtCap::kThrottle;
    if (still->cause == RefusalCause::kHeld) return absl::OkStatus();  // That depends on others.
    if (begins_slowly) return absl::OkStatus();                        // In its next window, when it is asked.
    return absl::InternalError("refused by " + refusal.budget + ", cause " +
                               std::to_string(static_cast<int>(refusal.cause)) + ", promised for " +
                               std::to_string(at_ms) + ", but then refused by " + still->budget + ", cause " +
                               std::to_string(static_cast<int>(still->cause)));
  }
  if (!model_.RefusalOf(request.axes, request.amounts, at_ms - 1, at_ms - 1)) {
    return absl::InternalError("refused by " + refusal.budget + ", cause " +
                               std::to_string(static_cast<int>(refusal.cause)) + ", promised for " +
                               std::to_string(at_ms) + ", but admitted at " + std::to_string(at_ms - 1));
  }
  return absl::OkStatus();
}

absl::Status History::Settle() {
  const std::vector<Hold> holds = model_.Holds();
  if (holds.empty() && chance_.Percent(80)) return Reserve();
  SettleRequest request;
  request.now_ms = now_ms_;
  request.id = holds.empty() || chance_.Percent(2) ? "unknown" : chance_.Of(holds).id;
  if (!holds.empty() && request.id != "unknown") {
    const auto hold = std::find_if(holds.begin(), holds.end(), [&](const Hold& h) { return h.id == request.id; });
    for (size_t i = 0; i < kUnits; ++i) {
      request.amounts[i] = chance_.Percent(40) ? hold->amounts[i] : chance_.Below(hold->amounts[i] + 1);
      if (chance_.Percent(3)) request.amounts[i] += chance_.Below(60);
    }
  }
  request.tallies[0] = chance_.Below(100);
  if (chance_.Percent(10)) request.flags = kUncertain;
  if (chance_.Percent(10)) request.flags |= kEstimated;
  if (chance_.Percent(30)) request.detail = Detail();
  Say("settle " + request.id + Text(request.amounts));
  const auto should_be = model_.Settle(request);
  const auto is = ledger_->Settle(request);
  settles_.push_back(request);
  return ComparePosted(is, should_be);
}

absl::Status History::Void() {
  const std::vector<Hold> holds = model_.Holds();
  if (holds.empty() && chance_.Percent(80)) return Reserve();
  VoidRequest request;
  request.now_ms = now_ms_;
  request.id = holds.empty() || chance_.Percent(2) ? "unknown" : chance_.Of(holds).id;
  if (chance_.Percent(30)) request.detail = Detail();
  Say("void " + request.id);
  const auto should_be = model_.Void(request);
  const auto is = ledger_->Void(request);
  voids_.push_back(request);
  return ComparePosted(is, should_be);
}

absl::Status History::Record() {
  RecordRequest request;
  request.id = NewId();
  request.kind = chance_.Percent(60) ? EntryKind::kHit : chance_.Percent(50) ? EntryKind::kRefused : EntryKind::kRented;
  if (chance_.Percent(60)) request.amounts = world_.Used();
  request.axes = world_.Call();
  if (chance_.Percent(15)) request.at_ms = now_ms_ - chance_.Below(chance_.Percent(70) ? 120'000 : 40 * 3'600'000);
  if (model_.IsSessionInDoubt(request.axes, request.at_ms.value_or(now_ms_))) {
    request.axes[static_cast<size_t>(Axis::kSession)].clear();
  }
  request.now_ms = now_ms_;
  request.detail = Detail();
  Say("record " + request.id + Text(request.amounts) + " of" + Text(request.axes) +
      (request.at_ms ? " at " + std::to_string(*request.at_ms) : ""));
  const auto should_be = model_.Record(request);
  const auto is = ledger_->Record(request);
  records_.push_back(request);
  return ComparePosted(is, should_be);
}

absl::Status History::Adjust() {
  AdjustRequest request;
  request.id = NewId();
  request.now_ms = now_ms_;
  request.actor = "ann";
  request.reason = "late usage";
  const auto size = static_cast<int64_t>(model_.entries().size());
  request.of = size == 0 || chance_.Percent(3) ? 1'000'000 : static_cast<uint64_t>(chance_.Below(size));
  if (!adjusts_.empty() && chance_.Percent(50)) request.of = std::min<uint64_t>(chance_.Of(adjusts_).of, 1'000'000);
  if (request.of >= model_.entries().size()) request.of = 1'000'000;
  for (size_t i = 0; i < 3; ++i) {
    const int64_t had = request.of < 1'000'000 ? std::max<int64_t>(0, model_.entries()[request.of]->amounts[i]) : 0;
    if (chance_.Percent(50)) request.amounts[i] = chance_.Between(-had - (chance_.Percent(5) ? 5 : 0), 40);
  }
  request.tallies[1] = chance_.Between(-5, 5);
  Say("adjust " + request.id + " of " + std::to_string(request.of) + Text(request.amounts));
  const auto should_be = model_.Adjust(request);
  const auto is = ledger_->Adjust(request);
  if (should_be.ok() && model_.entries().back()->seq == should_be->entry.seq) {
    TF_RETURN_IF_ERROR(CheckBurns(model_, should_be->entry));
  }
  adjusts_.push_back(request);
  return ComparePosted(is, should_be);
}

absl::Status History::Apply() {
  ChangeRequest request{NewId(), world_.ChangeOf(model_.Budgets(), now_ms_), now_ms_};
  request.change.from_ms = std::max<int64_t>(0, request.change.from_ms);
  Say("change " + request.id + " of " + request.change.budget + " kind " +
      std::to_string(static_cast<int>(request.change.kind)) + " amount " + std::to_string(request.change.amount) +
      " from " + std::to_string(request.change.from_ms) + " until " + std::to_string(request.change.until_ms) +
      (request.change.each ? " each " + request.change.each->front() : ""));
  const auto should_be = model_.Apply(request);
  const auto is = ledger_->Apply(request);
  changes_.push_back(request);
  return ComparePosted(is, should_be);
}

absl::Status History::SetBudgets() {
  const std::vector<Budget> budgets = world_.Changed(model_.Budgets());
  Say("set " + std::to_string(budgets.size()) + " budgets");
  for (const Budget& budget : budgets) Say("  " + Text(budget));
  ++counts_.sets;
  TF_RETURN_IF_ERROR(model_.SetBudgets(budgets));
  return ledger_->SetBudgets(budgets, now_ms_).status();
}

// The same again, or nearly the same.
absl::Status History::Repeat() {
  const bool is_altered = chance_.Percent(30);
  constexpr size_t kAmong = 12;
  switch (chance_.Below(6)) {
    case 0: {
      if (reserves_.empty()) return absl::OkStatus();
      ReserveRequest request = Last(chance_, reserves_, kAmong);
      if (model_.IsSessionInDoubt(request.axes, request.at_ms.value_or(now_ms_))) return absl::OkStatus();
      request.now_ms = now_ms_;
      if (is_altered) ++request.amounts[0];
      Say("reserve again " + request.id);
      const auto should_be = model_.Reserve(request);
      return CompareReserved(ledger_->Reserve(request), should_be);
    }
    case 1: {
      if (settles_.empty()) return absl::OkStatus();
      SettleRequest request = Last(chance_, settles_, kAmong);
      request.now_ms = now_ms_;
      if (is_altered) ++request.amounts[1];
      Say("settle again " + request.id);
      const auto should_be = model_.Settle(request);
      return ComparePosted(ledger_->Settle(request), should_be);
    }
    case 2: {
      if (voids_.empty() || settles_.empty()) return absl::OkStatus();
      VoidRequest request = Last(chance_, voids_, kAmong);
      if (is_altered) request.id = Last(chance_, settles_, kAmong).id;
      request.now_ms = now_ms_;
      Say("void again " + request.id);
      const auto should_be = model_.Void(request);
      return ComparePosted(ledger_->Void(request), should_be);
    }
    case 3: {
      if (records_.empty()) return absl::OkStatus();
      RecordRequest request = Last(chance_, records_, kAmong);
      if (model_.IsSessionInDoubt(request.axes, request.at_ms.value_or(now_ms_))) return absl::OkStatus();
      request.now_ms = now_ms_;
      if (is_altered) request.detail += "!";
      Say("record again " + request.id);
      const auto should_be = model_.Record(request);
      return ComparePosted(ledger_->Record(request), should_be);
    }
    case 4: {
      if (adjusts_.empty()) return absl::OkStatus();
      AdjustRequest request = Last(chance_, adjusts_, kAmong);
      request.now_ms = now_ms_;
      if (is_altered) request.actor = "bob";
      Say("adjust again " + request.id);
      const auto should_be = model_.Adjust(request);
      return ComparePosted(ledger_->Adjust(request), should_be);
    }
    default: {
      if (changes_.empty()) return absl::OkStatus();
      ChangeRequest request = Last(chance_, changes_, kAmong);
      request.now_ms = now_ms_;
      if (is_altered) request.change.reason = "otherwise";
      Say("change again " + request.id);
      const auto should_be = model_.Apply(request);
      return ComparePosted(ledger_->Apply(request), should_be);
    }
  }
}

// -- crashes ----------------------------------------------------------------------------------------------------------

void History::Close() {
  Disk::Get().HoldSyncs(false);
  ledger_.reset();
  store_.reset();
}

// The ledger must be in the state of one of the candidates; the first is tried first.
absl::Status History::Open(const std::vector<Model>& candidates) {
  ++counts_.openings;
  is_armed_ = false;
  past_.clear();
  store::StoreOptions options;
  options.path = options_.directory + "/books";
  options.families = Ledger::Families();
  options.durability = is_power_ ? store::Durability::kPower : store::Durability::kProcess;
  if (is_small_) options.write_buffer_bytes = 64 << 10;
  TF_ASSIGN_OR_RETURN(store_, store::Store::Open(options));
  TF_ASSIGN_OR_RETURN(ledger_, Ledger::Open({store_.get(), nullptr, now_ms_, kSessionIdle_ms}));
  counts_.recovered += static_cast<int64_t>(ledger_->recovered());
  absl::Status differs;
  for (size_t i = 0; i < candidates.size(); ++i) {
    Model recovered = candidates[i];
    recovered.Recover(now_ms_);
    const absl::Status compared = CompareAll(*ledger_, recovered, now_ms_);
    if (compared.ok()) {
      model_ = std::move(recovered);
      return is_power_ ? Durable() : absl::OkStatus();
    }
    const bool is_nearest = differs.ok() || recovered.entries().size() == ledger_->size();
    if (is_nearest) differs = absl::InternalError("after opening, " + std::string(StdView(compared.message())));
  }
  return differs;
}

// Whatever was written is from now on safe from a power loss.
absl::Status History::Durable() {
  if (!is_power_) return absl::OkStatus();
  Say("durable");
  Disk::Get().HoldSyncs(false);
  TF_RETURN_IF_ERROR(store_->WaitForRoom());
  TF_RETURN_IF_ERROR(store_->WaitDurable(store_->written()));
  Disk::Get().HoldSyncs(true);
  past_.clear();
  return absl::OkStatus();
}

absl::Status History::CloseAndOpen() {
  Say("close and open");
  Disk::Get().Heal();
  Close();
  return Open({model_});
}

absl::Status History::Kill() {
  Say("kill");
  ++counts_.kills;
  Disk::Get().Kill();
  Close();
  Disk::Get().Heal();
  return Open({model_});
}

absl::Status History::LosePower() {
  Say("power loss, " + std::to_string(past_.size()) + " steps not durable");
  ++counts_.power_losses;
  std::vector<Model> candidates{model_};
  candidates.insert(candidates.end(), past_.rbegin(), past_.rend());
  Disk::Get().Kill();
  Close();
  Disk::Get().LosePower(chance_.bits());
  Disk::Get().Heal();
  return Open(candidates);
}

void History::PlanFault() {
  Disk::Fault fault;
  fault.skipped = static_cast<int>(chance_.Below(4));
  fault.error = chance_.Of(std::vector<int>{0, 0, ENOSPC, EIO});
  fault.kept_percent = static_cast<int>(chance_.Of(std::vector<int64_t>{0, chance_.Below(100), 99, 100}));
  Say("a write will fail after " + std::to_string(fault.skipped) + ": error " + std::to_string(fault.error) + ", " +
      std::to_string(fault.kept_percent) + " % arrive");
  Disk::Get().Plan(fault);
  arrives_ = fault.kept_percent == 100;
  is_armed_ = true;
}

// The process was killed in the middle of a write, or the write failed: what was being written is there or it is not.
absl::Status History::AfterFailedWrite(const Model& before) {
  Say("the write has failed");
  ++counts_.failed_writes;
  if (!ledger_->health().ok()) TF_RETURN_IF_ERROR(RefusesEverything());
  std::vector<Model> possible{model_, before};
  if (!arrives_) std::swap(possible[0], possible[1]);  // The likelier first, as it may take time until they differ.
  const bool loses_power = is_power_ && chance_.Percent(40);
  if (loses_power) possible.insert(possible.end(), past_.rbegin(), past_.rend());
  Disk::Get().Kill();
  Close();
  if (loses_power) Disk::Get().LosePower(chance_.bits());
  Disk::Get().Heal();
  return Open(possible);
}

// Fails closed: after a failed write nothing is admitted and nothing is posted.
absl::Status History::RefusesEverything() {
  const auto is_poisoned = [](const absl::Status& status) { return status.code() == absl::StatusCode::kDataLoss; };
  const Axes axes = world_.Call();
  const absl::Status answers[] = {
      ledger_->Reserve({"p1", {}, axes, std::nullopt, now_ms_, ""}).status(),
      ledger_->Settle({"p1", {}, {}, 0, std::nullopt, now_ms_}).status(),
      ledger_->Void({"p1", std::nullopt, now_ms_}).status(),
      ledger_->Record({"p2", EntryKind::kHit, {}, {}, axes, std::nullopt, now_ms_, ""}).status(),
      ledger_->Adjust({"p3", 0, {}, {}, "ann", "", "", now_ms_}).status(),
      ledger_->SetBudgets({}, now_ms_).status(),
      ledger_->Headroom(axes, now_ms_, now_ms_).status(),
      ledger_->Balances(now_ms_).status(),
      ledger_->health(),
  };
  for (const absl::Status& answer : answers) {
    if (!is_poisoned(answer)) return absl::InternalError("a poisoned ledger answers " + answer.ToString());
  }
  return absl::OkStatus();
}

absl::Status History::FailSync() {
  Say("a sync fails");
  ++counts_.failed_syncs;
  Disk::Get().FailSyncs();
  Disk::Get().HoldSyncs(false);
  store_->WaitForRoom().IgnoreError();  // It fails if the sync of an earlier write fails first.
  if (store_->WaitDurable(store_->written()).ok()) return absl::InternalError("durable without a sync");
  const auto record = ledger_->Record({"after", EntryKind::kHit, {}, {}, {}, std::nullopt, now_ms_, ""});
  if (record.ok()) return absl::InternalError("an entry after a failed sync");
  TF_RETURN_IF_ERROR(RefusesEverything());
  std::vector<Model> candidates{model_};
  const bool loses_power = chance_.Percent(60);
  if (loses_power) candidates.insert(candidates.end(), past_.rbegin(), past_.rend());
  Disk::Get().Kill();
  Close();
  if (loses_power) Disk::Get().LosePower(chance_.bits());
  Disk::Get().Heal();
  return Open(candidates);
}

}  // namespace tokenfoundry::simulation
