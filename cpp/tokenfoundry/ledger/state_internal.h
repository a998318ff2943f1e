// The ledger's state in memory, and the operations on it. Each .cc has one subject:
//
//   reserve     may a call go: holds            settle     how it ends: entries
//   admission   caps, burst, throttling         accounts   where an amount counts, and the sums
//   budgets     the set of budgets              changes    raises, resets, freezes, grants
//   prepaid     grants and who burns them       sessions   which calls belong together
//   open        from disk to memory             recount    from entries to sums, and their check
//   balances, read   what is shown
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "tokenfoundry/base/spin_mutex.h"
#include "tokenfoundry/ledger/codec_internal.h"
#include "tokenfoundry/ledger/ledger.h"
#include "tokenfoundry/ledger/selector_index.h"
#include "tokenfoundry/ledger/write_behind_internal.h"

namespace tokenfoundry::ledger {

constexpr int64_t kRemember_ms = 7 * 24 * 3'600'000LL;  // Resolved ids, at least.
constexpr size_t kIdBytes_max = 256;
constexpr size_t kDetailBytes_max = 16 << 20;

class Ledger::Impl {
 public:
  explicit Impl(const LedgerOptions& options);

  absl::Status Load(int64_t now_ms);

  absl::StatusOr<Reserved> Reserve(const ReserveRequest& request, store::OnStall on_stall);
  absl::StatusOr<Posted> Settle(const SettleRequest& request, store::OnStall on_stall);
  absl::StatusOr<Posted> Void(const VoidRequest& request, store::OnStall on_stall);
  absl::StatusOr<Posted> Record(const RecordRequest& request, store::OnStall on_stall);
  absl::StatusOr<Posted> Adjust(const AdjustRequest& request);
  absl::StatusOr<Posted> Apply(const ChangeRequest& request);
  absl::StatusOr<Posted> Note(const NoteRequest& request);
  absl::StatusOr<store::Ticket> SetBudgets(const std::vector<Budget>& budgets, int64_t now_ms);
  std::vector<Budget> Budgets() const;
  absl::StatusOr<Amounts> Headroom(const Axes& axes, int64_t at_ms, int64_t now_ms);
  absl::StatusOr<std::vector<Balance>> Balances(int64_t at_ms, std::string_view only_of);
  std::vector<Grant> Grants() const;
  std::vector<Change> Changes(int64_t now_ms) const;
  absl::StatusOr<std::optional<Entry>> EntryOf(const std::string& id) const { return Resolved(id); }
  absl::StatusOr<std::vector<Entry>> Entries(const EntryRange& range) const;
  absl::StatusOr<std::vector<Event>> Events(uint64_t first_seq, uint64_t limit) const;
  absl::StatusOr<std::vector<Rollup>> Rollups(int64_t from_ms, int64_t until_ms, uint64_t limit) const;
  std::vector<Hold> Holds() const;
  absl::Status Check() const;
  uint64_t recovered() const { return recovered_; }
  uint64_t size() const;
  absl::Status health() const;

 private:
  // -- what is in memory ----------------------------------------------------------------------------------------------

  // A raise or a freeze that is in force or to come.
  struct InForce {
    uint64_t seq;  // Of its entry.
    Change change;
    std::optional<std::string> each;  // As in an account's key; absent: every account.

    bool IsFor(std::string_view account_key) const { return !each || *each == EachOf(account_key); }
  };
  struct BudgetState {
    BudgetRecord record;
    std::vector<InForce> raises;
    std::vector<InForce> freezes;
    Bounds latest{INT64_MAX, INT64_MIN};  // The window last asked for: almost always the next one too.

    const Budget& budget() const { return record.budget; }
    bool is_rolling() const { return budget().window.kind == WindowKind::kRolling; }
    const Bounds& BoundsAt(int64_t at_ms) {
      if (at_ms < latest.start_ms || at_ms >= latest.end_ms) latest = budget().window.BoundsAt(at_ms);
      return latest;
    }
  };
  // One budget, one window, one combination of `each`.
  struct Account : AccountRecord {
    int64_t held = 0;
    uint32_t holds = 0;  // How many point here: it stays in memory while not zero.
  };
  using Accounts = WriteBehind<Account>;
  // Where an amount counts. Points into accounts_, whose nodes do not move.
  struct Place {
    size_t budget;  // In budgets_.
    Bounds window;
    Accounts::Item* item;

    const std::string& key() const { return item->first; }
    Account& account() const { return item->second.record; }
  };
  struct OpenHold {
    HoldRecord record;
    std::vector<Place> places;
  };
  // Of a rolling window, one slot or the sum of several.
  struct Slot {
    int64_t used = 0;
    int64_t held = 0;
  };
  // The rolling window that ends with a slot, summed.
  struct Trail {
    int64_t newest_start_ms = 0;
    int64_t latest_start_ms = 0;  // No slot between this and the newest plus a window's length has amounts.
    Slot sum;
  };
  struct Credit {
    int64_t left = 0;
    int64_t as_of_ms = 0;
  };
  struct GrantState {
    GrantRecord record;
    std::string each;  // As in an account's key.
    int64_t held = 0;

    int64_t left() const { return record.change.amount - record.spent - held; }
    bool IsUsableAt(int64_t at_ms) const { return at_ms >= record.change.from_ms && at_ms < record.change.until_ms; }
  };
  struct Session {
    int64_t start_ms = 0;
    int64_t last_ms = 0;
    uint32_t holds = 0;  // While a call is open the session does not end.

    bool GoesOn(int64_t at_ms, int64_t idle_ms) const { return holds > 0 || at_ms - last_ms <= idle_ms; }
  };
  // The least and greatest time of kBlockEntries entries: what to skip when looking for a time. A late call may belong
  // to a session that began after it.
  struct Block {
    int64_t min_at_ms = INT64_MAX;
    int64_t max_at_ms = INT64_MIN;

    void Include(const Entry& entry) {
      min_at_ms = std::min(min_at_ms, entry.at_ms);
      max_at_ms = std::max({max_at_ms, entry.at_ms, entry.session_start_ms});
    }
  };

  // -- admission ------------------------------------------------------------------------------------------------------

  // How an account stands at an instant.
  struct Standing {
    int64_t cap = kNoCap;  // In force, raises included.
    int64_t raised = 0;
    int64_t used = 0;
    int64_t held = 0;
    int64_t line = kNoCap;          // The cap, or while it is approached slowly what may be used by now.
    int64_t over = 0;               // How far `used` is above the line.
    int64_t burst = 0;              // What the burst lets in above line and over.
    int64_t burst_held = 0;         // What it would besides, without the holds of other windows.
    int64_t ceiling = kNoCap;       // used + held may not exceed this now: line, over and burst ..
    int64_t last_ceiling = kNoCap;  // .. and at the window's end.
    int64_t most = kNoCap;          // What an empty window could admit at once.
    bool frozen = false;

    int64_t left() const;
    std::optional<RefusalCause> CauseToRefuse(int64_t requested) const;
  };
  absl::StatusOr<Standing> StandingOf(const Place& place, int64_t at_ms, int64_t now_ms)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Standing StandingFrom(const BudgetState& state, std::string_view account_key, int64_t end_ms, const Account& account,
                        int64_t used, int64_t held, int64_t at_ms, int64_t now_ms) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  static int64_t PaceOf(const BudgetState& state, const Account& account, int64_t end_ms, int64_t cap, int64_t now_ms);
  int64_t CreditAt(const BudgetState& state, std::string_view account_key, int64_t now_ms) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The most that open holds in other windows could still take of the credit of an account's line.
  __int128 CreditHeldBesides(const BudgetState& state, std::string_view account_key, int64_t now_ms) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  static int64_t RaisedBy(const BudgetState& state, std::string_view account_key, int64_t now_ms);
  static bool IsFrozen(const BudgetState& state, std::string_view account_key, int64_t now_ms);
  absl::StatusOr<int64_t> AdmitsAt(const Place& place, RefusalCause cause, int64_t requested, int64_t at_ms,
                                   int64_t now_ms) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<int64_t> RollingAdmitsAt(const Place& place, int64_t requested, int64_t at_ms, int64_t now_ms)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  struct Asked {
    std::optional<Refusal> refusal;  // Of the enforcing budgets.
    std::optional<Refusal> tracked;  // Of the others.
  };
  absl::StatusOr<Asked> Ask(const std::vector<Place>& places, const HoldRecord& record, int64_t now_ms)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // -- accounts -------------------------------------------------------------------------------------------------------

  absl::StatusOr<std::vector<Place>> PlacesOf(const Axes& axes, int64_t at_ms, int64_t session_start_ms)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<Place> PlaceIn(size_t budget, const Axes& axes, const Bounds& window)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<Accounts::Item*> AccountAt(std::string key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status CompleteFrom(size_t budget, int64_t window_start_ms) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ForgetIdle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status Stand(OpenHold* hold) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status StandAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  static int64_t SlotOf(const BudgetState& state) { return state.budget().window.length_ms / kRollingSlots; }
  absl::StatusOr<Account> Peek(const std::string& key) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<Slot> SlotAt(const Place& place, int64_t start_ms) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<Trail*> TrailOf(const Place& place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<Slot> FullestOf(const Place& place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // What the account has used or holds has changed: the trail it belongs to follows.
  void Follow(const Place& place, int64_t used, int64_t held) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The account's count of holds has changed: held_lines_ follows.
  void FollowHolds(const Place& place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // An account as it is shown: the slots of a rolling window are one.
  struct Line {
    Bounds window{};
    Account account;
    int64_t used = 0;
  };
  absl::StatusOr<std::map<std::string, Line>> LinesAt(size_t budget, int64_t at_ms) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // -- entries --------------------------------------------------------------------------------------------------------

  absl::StatusOr<Reserved> ReserveLocked(const ReserveRequest& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::vector<Place> BeginPacing(const std::vector<Place>& places, const Amounts& amounts) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // kOutOfRange when the open holds would exceed kMaxHeld.
  absl::Status CheckRoomToHold(const Amounts& amounts) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Adds to what is held in all, or with sign -1 takes away.
  void CountHeld(const Amounts& amounts, int sign) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<Posted> ResolveLocked(const Entry& asked, bool has_detail, int64_t now_ms)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<Posted> RecordLocked(const RecordRequest& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<Posted> AdjustLocked(const AdjustRequest& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<Posted> ApplyLocked(const ChangeRequest& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // What one entry does besides being written, worked out before it is.
  struct Effects {
    std::vector<Event> events;
    std::vector<std::pair<Place, Account>> accounts;      // Written at once: something else than a sum changed.
    std::vector<std::pair<std::string, Credit>> credits;  // By LineKey.
    std::map<uint64_t, GrantRecord> grants;               // What they are after.
  };
  absl::StatusOr<Effects> EffectsOf(const Entry& entry, const OpenHold* hold, const std::vector<Place>& places,
                                    int64_t now_ms) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // By grant, its GrantRecord::paid.
  using Paid = std::map<uint64_t, std::vector<Burn>>;
  // Adds to `batch` whatever must be written with it; called once.
  using StageMore = std::function<void(const Entry& entry, store::Batch* batch)>;
  // Writes `entry` and, with `hold`, ends that hold. Fills seq, posted_at_ms and burns. Without a hold it counts in
  // `places`. `paid` replaces what those grants have paid for others.
  absl::StatusOr<Posted> Post(Entry entry, OpenHold* hold, std::vector<Place> places, int64_t now_ms,
                              const StageMore& stage_more = nullptr, const Paid& paid = {})
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<std::optional<Posted>> Repeated(const Entry& asked) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<std::optional<Entry>> Resolved(const std::string& id) const;
  absl::StatusOr<uint64_t> StagePruning(int64_t now_ms, store::Batch* batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<WriteBehind<Rollup>::Item*> RollupOf(const Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // -- changes, grants, sessions --------------------------------------------------------------------------------------

  absl::StatusOr<size_t> BudgetNamed(const std::string& name) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<std::vector<Place>> ToReset(size_t budget, const Change& change, int64_t now_ms)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The grants of a prepaid account, in the order in which they are spent.
  const std::vector<uint64_t>& GrantsOf(const BudgetState& state, std::string_view account_key) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // What the grants that can be used at `at_ms` have left, less what others were overspent.
  int64_t GrantsLeft(const BudgetState& state, std::string_view account_key, int64_t at_ms) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  int64_t GrantsSpent(const BudgetState& state, std::string_view account_key) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void AddGrant(uint64_t seq, GrantRecord record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::vector<Burn> PlanBurns(const std::vector<Place>& places, const HoldRecord& record)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::vector<Burn> BurnsOf(const Entry& entry, const OpenHold* hold, const std::vector<Place>& places)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // What a new grant pays at once: what others of its account are overspent, taken from these and burnt by itself.
  std::vector<Burn> DebtsPaidBy(uint64_t seq, const Change& grant) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  struct Refunds {
    std::vector<Burn> burns;  // Negative.
    std::vector<Burn> net;    // Of the call, after them.
    Paid paid;                // Of the grants where it changes, after them.
  };
  // `net` is what the call has taken so far, its corrections included.
  Refunds RefundsOf(const Entry& correction, std::vector<Burn> net, const std::vector<Place>& places)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void HoldGrants(const std::vector<Burn>& burns, int sign) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // The beginning of the call's session; 0 if it has none. Changes nothing.
  int64_t SessionStart(const Axes& axes, int64_t at_ms) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // What the client calls it; of a key of sessions_.
  static std::string_view SessionNameOf(std::string_view session_key);
  // Stages that the session was used, and the end of a few old ones; Touch() follows once the batch is written.
  void StageSession(const Axes& axes, int64_t start_ms, int64_t at_ms, store::Batch* batch) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TouchSession(const Axes& axes, int64_t start_ms, int64_t at_ms) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The session in which a hold stands; null if it has none.
  std::pair<const std::string, Session>* SessionOf(const HoldRecord& hold) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::vector<std::string> EndedSessions(int64_t at_ms) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // -- opening and recounting -----------------------------------------------------------------------------------------

  absl::Status LoadFamilies();
  void IndexBudgets() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status ReadBudgets(const store::Store::Snapshot* snapshot, std::vector<BudgetRecord>* records) const;
  absl::Status LoadBudgets() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status LoadChanges() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status LoadState() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status LoadEntries() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status ReplayTail() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status LoadHolds(int64_t now_ms);

  // Entries of windows that begin in [from_ms, until_ms) count for this budget.
  struct RecountTarget {
    const BudgetRecord* record;
    int64_t from_ms;
    int64_t until_ms;
  };
  using Sums = std::unordered_map<std::string, AccountRecord>;  // By AccountKey.
  absl::Status Recount(const std::vector<RecountTarget>& targets, const std::vector<Block>& blocks,
                       const store::Store::Snapshot* snapshot, Sums* sums) const;
  absl::StatusOr<store::Ticket> SetBudgetsLocked(const std::vector<Budget>& budgets, int64_t now_ms)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  int64_t FirstWindowNeeded(const Budget& budget, int64_t now_ms) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status CheckAccounts(const store::Store::Snapshot& snapshot, uint64_t next_seq) const;
  absl::Status CheckTotals(const store::Store::Snapshot& snapshot, uint64_t next_seq) const;

  // -- writing --------------------------------------------------------------------------------------------------------

  // Every write of the ledger. Never waits: a stall is waited out where no lock is held.
  absl::StatusOr<store::Ticket> Write(const store::Batch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status Poison(const std::string& cause) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  template <typename Operation>
  auto Locked(store::OnStall on_stall, const Operation& operation) -> decltype(operation());

  store::Store& store_;
  Witness* const witness_;
  const int64_t session_idle_ms_;
  store::Family entries_on_disk_, holds_on_disk_, ids_on_disk_, accounts_on_disk_, budgets_on_disk_, blocks_on_disk_,
      changes_on_disk_, credits_on_disk_, grants_on_disk_, sessions_on_disk_, rollups_on_disk_, events_on_disk_,
      adjusted_on_disk_, meta_on_disk_;
  uint64_t recovered_ = 0;

  mutable SpinMutex mu_;
  std::string poison_ ABSL_GUARDED_BY(mu_);  // Empty: healthy.
  std::vector<BudgetState> budgets_ ABSL_GUARDED_BY(mu_);
  SelectorIndex budget_index_ ABSL_GUARDED_BY(mu_);                       // Of budgets_.
  Accounts accounts_ ABSL_GUARDED_BY(mu_);                                // By AccountKey.
  WriteBehind<Rollup> rollups_ ABSL_GUARDED_BY(mu_);                      // By RollupKey.
  std::unordered_map<std::string, Trail> trails_ ABSL_GUARDED_BY(mu_);    // By LineKey, of rolling budgets.
  std::unordered_map<std::string, Credit> credits_ ABSL_GUARDED_BY(mu_);  // By LineKey; absent: full.
  // By LineKey, of budgets with a burst: the accounts with holds.
  std::unordered_map<std::string, std::set<const Accounts::Item*>> held_lines_ ABSL_GUARDED_BY(mu_);
  std::map<uint64_t, GrantState> grants_ ABSL_GUARDED_BY(mu_);  // By the sequence number of the entry.
  std::unordered_map<std::string, std::vector<uint64_t>> grants_of_ ABSL_GUARDED_BY(mu_);  // By budget and `each`.
  std::unordered_map<std::string, OpenHold> holds_ ABSL_GUARDED_BY(mu_);                   // By id.
  Amounts held_in_all_ ABSL_GUARDED_BY(mu_){};  // By holds_; at most kMaxHeld of each unit.
  std::unordered_map<std::string, Session> sessions_ ABSL_GUARDED_BY(mu_);
  std::deque<std::string> session_queue_ ABSL_GUARDED_BY(mu_);  // Every session once, roughly the oldest first.
  std::vector<Block> blocks_ ABSL_GUARDED_BY(mu_);              // The last one is still filling.
  uint64_t next_seq_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t next_event_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t last_posted_at_ms_ ABSL_GUARDED_BY(mu_) = 0;
  uint32_t next_budget_id_ ABSL_GUARDED_BY(mu_) = 1;
  uint64_t pruned_seq_ ABSL_GUARDED_BY(mu_) = 0;       // Ids of earlier entries are forgotten.
  int64_t next_prune_at_ms_ ABSL_GUARDED_BY(mu_) = 0;  // Before this there is nothing to forget.
  size_t forget_above_ ABSL_GUARDED_BY(mu_) = 0;
};

// Runs `operation` under the lock. When it meets a stall, waits it out with the lock open and runs it again.
template <typename Operation>
auto Ledger::Impl::Locked(store::OnStall on_stall, const Operation& operation) -> decltype(operation()) {
  while (true) {
    {
      const std::lock_guard lock(mu_);
      if (!poison_.empty()) return absl::DataLossError("the ledger refuses further work: " + poison_);
      auto result = operation();
      if (result.ok() || !store::IsStall(result.status()) || on_stall == store::OnStall::kReturn) return result;
    }
    TF_RETURN_IF_ERROR(store_.WaitForRoom());
  }
}

// Runs `decode` over a range of a family and stops at the first record that does not decode.
absl::Status ForEach(const store::Store& store, store::Family family, const store::Store::Range& range,
                     const std::function<absl::Status(std::string_view key, std::string_view value)>& decode);

// Adds to what is taken of the grant, once each in `burns`.
void AddBurn(uint64_t grant, int64_t amount, std::vector<Burn>* burns);

inline int64_t Clamp(__int128 value) { return static_cast<int64_t>(std::clamp<__int128>(value, INT64_MIN, INT64_MAX)); }

// How far before the current window, or slot, the oldest account begins that still counts.
inline int64_t OldestBefore(const Window& window) { return window.kind == WindowKind::kRolling ? window.length_ms : 0; }

// What counts against the cap.
inline int64_t UsedOf(const AccountRecord& account) { return std::max<int64_t>(0, account.posted - account.forgiven); }

inline absl::Status ValidateId(const std::string& id) {
  if (!id.empty() && id.size() <= kIdBytes_max) return absl::OkStatus();
  return absl::InvalidArgumentError("id: not 1 to 256 bytes");
}

inline absl::Status ValidateTime(int64_t at_ms) {
  if (at_ms >= 0 && at_ms < kMaxTime_ms) return absl::OkStatus();
  return absl::InvalidArgumentError("at: not between 1970 and the year 10000, in Unix milliseconds");
}

inline absl::Status ValidateDetail(std::string_view detail) {
  if (detail.size() <= kDetailBytes_max) return absl::OkStatus();
  return absl::InvalidArgumentError("detail: over 16 MiB");
}

inline absl::Status ValidateAxes(const Axes& axes) {
  for (size_t i = 0; i < kAxes; ++i) {
    if (axes[i].size() > 1024) {
      return absl::InvalidArgumentError("axes." + std::string(kAxisNames[i]) + ": over 1024 bytes");
    }
  }
  return absl::OkStatus();
}

}  // namespace tokenfoundry::ledger
