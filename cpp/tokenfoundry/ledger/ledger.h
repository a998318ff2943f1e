// The ledger: what was spent, what is set aside, and whether the next call may go.
//
// Before a call its worst case is reserved on every budget that matches, all or none: a hold. After it the hold is
// settled with what was really used, or voided, and an entry is written that never changes. An enforcing budget is
// never crossed by a reserve: posted + held + amount <= hard, at every instant and under any concurrency.
//
// What survives a crash: everything that returned (store.h says for which crash). A hold that an earlier process left
// open is settled at its held amounts when the ledger is opened, flagged uncertain: money that may be spent counts.
// After a failed write or a broken invariant the ledger is poisoned: every later call returns kDataLoss.
//
// Thread-safe: one lock, held for microseconds. Methods block on disk; a caller that must not block passes
// OnStall::kReturn and repeats the call elsewhere when store::IsStall(). SetBudgets and Check read old entries.
//
// Units: amounts as in amounts.h, times are Unix ms. The core reads no clock: each call brings `now_ms`.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "tokenfoundry/base/status.h"
#include "tokenfoundry/ledger/amounts.h"
#include "tokenfoundry/ledger/budget.h"
#include "tokenfoundry/ledger/entry.h"
#include "tokenfoundry/store/store.h"

namespace tokenfoundry::ledger {

struct BudgetRecord;  // As stored; codec_internal.h.

// Sees each entry before it is written and adds its own record of it to the same batch (the audit log does). Called
// under the ledger's lock: Stage once, then Commit if the batch was written, else Discard.
class Witness {
 public:
  virtual ~Witness() = default;
  virtual uint64_t size() const = 0;  // How many entries it has seen; must be what the ledger has.
  virtual void Stage(std::string_view entry_bytes, store::Batch* batch) = 0;
  virtual void Commit() = 0;
  virtual void Discard() = 0;
};

struct LedgerOptions {
  store::Store* store = nullptr;  // Required, open with Ledger::Families(); outlives the ledger.
  Witness* witness = nullptr;     // Outlives the ledger. Null: entries have no witness.
  int64_t now_ms = 0;             // The time of opening, posted on recovered entries.
};

struct ReserveRequest {
  std::string id;
  Amounts amounts{};
  Axes axes;
  std::optional<int64_t> at_ms;  // When the call begins. Absent: now; a repeat without it matches any.
  int64_t now_ms = 0;
  std::string detail;  // Kept with the hold; what a recovered entry will say.
};

struct Hold {
  std::string id;
  Amounts amounts{};
  Axes axes;
  int64_t at_ms = 0;
  std::string detail;
};

enum class RefusalCause : uint8_t {
  kExhausted,  // What is posted leaves too little.
  kHeld,       // It would fit if the open holds were released.
  kNeverFits,  // It exceeds the cap by itself.
};

// By one budget: that with the most lasting cause.
struct Refusal {
  std::string budget;
  Unit unit = Unit::kMoney_nano;
  RefusalCause cause = RefusalCause::kExhausted;
  int64_t cap = 0;
  int64_t posted = 0;
  int64_t held = 0;
  int64_t requested = 0;
  int64_t left = 0;
  int64_t resets_at_ms = 0;  // kNever for a lifetime budget.
};

struct Reserved {
  std::variant<Hold, Refusal> outcome;
  store::Ticket ticket = 0;
};

struct SettleRequest {
  std::string id;
  Amounts amounts{};
  Flags flags = 0;                    // kUncertain, kEstimated.
  std::optional<std::string> detail;  // Absent: the hold's.
  int64_t now_ms = 0;
};

struct VoidRequest {
  std::string id;
  std::optional<std::string> detail;  // Absent: the hold's.
  int64_t now_ms = 0;
};

struct RecordRequest {
  std::string id;
  EntryKind kind = EntryKind::kHit;  // kHit or kRefused.
  Amounts amounts{};
  Axes axes;
  std::optional<int64_t> at_ms;  // As in ReserveRequest.
  int64_t now_ms = 0;
  std::string detail;
};

struct Posted {
  Entry entry;
  store::Ticket ticket = 0;
};

// One account in the window that contains the asked instant.
struct Balance {
  std::string budget;
  std::vector<std::pair<Axis, std::string>> each;
  Unit unit = Unit::kMoney_nano;
  Mode mode = Mode::kEnforce;
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  int64_t cap = 0;
  int64_t posted = 0;
  int64_t held = 0;
  int64_t left = 0;     // Never negative.
  int64_t over_by = 0;  // How far posted and held exceed the cap: it was lowered, or an actual exceeded its hold.
};

struct EntryRange {
  uint64_t first_seq = 0;
  uint64_t limit = UINT64_MAX;
  int64_t from_ms = INT64_MIN;  // Of Entry::at_ms.
  int64_t until_ms = kNever;    // Exclusive.
};

class Ledger {
 public:
  static std::vector<store::FamilySpec> Families();
  static absl::StatusOr<std::unique_ptr<Ledger>> Open(const LedgerOptions& options);
  ~Ledger();

  // Idempotent while the hold is open: the same request has the same answer, another under its id is kAlreadyExists.
  // An id that was resolved is kFailedPrecondition for at least 7 days. A refusal leaves nothing behind.
  absl::StatusOr<Reserved> Reserve(const ReserveRequest& request, store::OnStall on_stall = store::OnStall::kWait);

  // Posts what was used, in full, and releases the rest. Repeated alike it returns the same entry; a different second
  // resolve is kFailedPrecondition, an unknown id kNotFound.
  absl::StatusOr<Posted> Settle(const SettleRequest& request, store::OnStall on_stall = store::OnStall::kWait);

  // Releases the whole hold and writes an entry of zero amounts. Repeats as with Settle.
  absl::StatusOr<Posted> Void(const VoidRequest& request, store::OnStall on_stall = store::OnStall::kWait);

  // Writes an entry that had no hold. It counts on its budgets and is never refused. Repeated alike it returns the same
  // entry; another under its id is kAlreadyExists.
  absl::StatusOr<Posted> Record(const RecordRequest& request, store::OnStall on_stall = store::OnStall::kWait);

  // Replaces the set. A budget that is new, or counts differently than before, counts what its current window already
  // holds: entries since that window's beginning are read again, under the lock.
  absl::StatusOr<store::Ticket> SetBudgets(const std::vector<Budget>& budgets, int64_t now_ms);
  std::vector<Budget> Budgets() const;

  // In the budgets' order. A budget without `each` always has its one account; others have those that were touched.
  absl::StatusOr<std::vector<Balance>> Balances(int64_t at_ms);
  absl::StatusOr<std::vector<Entry>> Entries(const EntryRange& range) const;
  std::vector<Hold> Holds() const;  // By id.

  // Reads every entry again and compares the accounts with their sums. kDataLoss names the first that differs.
  absl::Status Check() const;

  // How many holds of an earlier process Open settled.
  uint64_t recovered() const { return recovered_; }
  uint64_t size() const;  // Entries.

  // Ok, or the poison.
  absl::Status health() const;

 private:
  struct Account {
    int64_t posted = 0;
    uint64_t entries = 0;
    int64_t held = 0;
    uint32_t holds = 0;  // How many point here: it stays in memory while not zero.
  };
  struct BudgetState;
  struct OpenHold;
  // Where an amount counts. Points into accounts_, whose nodes do not move.
  struct Place {
    size_t budget;  // In budgets_.
    int64_t window_end_ms;
    const std::string* key;
    Account* account;
  };
  // The least and greatest Entry::at_ms of kBlockEntries entries: what to skip when looking for a time.
  struct Block {
    int64_t min_at_ms = INT64_MAX;
    int64_t max_at_ms = INT64_MIN;
  };
  struct FoldTarget;

  explicit Ledger(const LedgerOptions& options);

  absl::Status LoadFamilies();
  absl::Status ReadBudgets(const store::Store::Snapshot* snapshot, std::vector<BudgetRecord>* records) const;
  absl::Status LoadBudgets() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status LoadEntries() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status LoadHolds(int64_t now_ms);

  absl::StatusOr<Reserved> ReserveLocked(const ReserveRequest& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<Posted> ResolveLocked(const Entry& asked, bool has_detail, int64_t now_ms)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<store::Ticket> SetBudgetsLocked(const std::vector<Budget>& budgets, int64_t now_ms)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<Posted> RecordLocked(const RecordRequest& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  int64_t FirstWindowNeeded(const Budget& budget, int64_t now_ms) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // Writes `entry` and, with `hold`, ends that hold. Fills seq and posted_at_ms.
  absl::StatusOr<Posted> Post(Entry entry, OpenHold* hold, int64_t now_ms) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<std::optional<Entry>> Resolved(const std::string& id) const;
  absl::StatusOr<uint64_t> StagePruning(int64_t now_ms, store::Batch* batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  absl::StatusOr<std::vector<Place>> PlacesOf(const Axes& axes, int64_t at_ms) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<Place> PlaceIn(size_t budget, const Axes& axes, int64_t at_ms) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status CompleteFrom(size_t budget, int64_t window_start_ms) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status Stand(OpenHold* hold) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status StandAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ForgetIdleAccounts() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status Fold(const std::vector<FoldTarget>& targets, const std::vector<Block>& blocks,
                    const store::Store::Snapshot* snapshot, std::unordered_map<std::string, Account>* sums) const;

  // Every write of the ledger. Never waits: a stall is waited out where no lock is held.
  absl::StatusOr<store::Ticket> Write(const store::Batch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status Poison(const std::string& cause) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  template <typename Operation>
  auto Locked(store::OnStall on_stall, const Operation& operation) -> decltype(operation());

  store::Store& store_;
  Witness* const witness_;
  store::Family entries_, holds_on_disk_, ids_, accounts_on_disk_, budgets_on_disk_, blocks_on_disk_, meta_;
  uint64_t recovered_ = 0;

  mutable std::mutex mu_;
  std::string poison_ ABSL_GUARDED_BY(mu_);  // Empty: healthy.
  std::vector<BudgetState> budgets_ ABSL_GUARDED_BY(mu_);
  std::unordered_map<std::string, Account> accounts_ ABSL_GUARDED_BY(mu_);  // By AccountKey; a cache of the disk.
  std::unordered_map<std::string, OpenHold> holds_ ABSL_GUARDED_BY(mu_);    // By id.
  std::vector<Block> blocks_ ABSL_GUARDED_BY(mu_);                          // The last one is still filling.
  uint64_t next_seq_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t last_posted_at_ms_ ABSL_GUARDED_BY(mu_) = 0;
  uint32_t next_budget_id_ ABSL_GUARDED_BY(mu_) = 1;
  uint64_t pruned_seq_ ABSL_GUARDED_BY(mu_) = 0;       // Ids of earlier entries are forgotten.
  int64_t next_prune_at_ms_ ABSL_GUARDED_BY(mu_) = 0;  // Before this there is nothing to forget.
  size_t forget_above_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace tokenfoundry::ledger
