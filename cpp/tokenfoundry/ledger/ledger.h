// The ledger: what was spent, what is set aside, and whether the next call may go.
//
// Before a call its worst case is reserved on every budget that matches, all or none: a hold. After it the hold is
// settled with what was really used, or voided, and an entry is written that never changes. An enforcing budget is
// never crossed by a reserve: used + held + amount <= the cap in force and the burst at that instant, under any
// concurrency. What a later correction, a lowered cap or an actual above its hold puts over a cap is flagged.
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
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tokenfoundry/base/status.h"
#include "tokenfoundry/ledger/amounts.h"
#include "tokenfoundry/ledger/budget.h"
#include "tokenfoundry/ledger/change.h"
#include "tokenfoundry/ledger/entry.h"
#include "tokenfoundry/ledger/event.h"
#include "tokenfoundry/ledger/rollup.h"
#include "tokenfoundry/store/store.h"

namespace tokenfoundry::ledger {

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
  store::Store* store = nullptr;        // Required, open with Ledger::Families(); outlives the ledger.
  Witness* witness = nullptr;           // Outlives the ledger. Null: entries have no witness.
  int64_t now_ms = 0;                   // The time of opening, posted on recovered entries.
  int64_t session_idle_ms = 1'800'000;  // A session ends when it has been idle for so long.
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
  kExhausted,  // What is used leaves too little.
  kHeld,       // It would fit if the open holds were released.
  kNeverFits,  // It exceeds the cap by itself.
  kThrottled,  // The cap is being approached slowly: it will fit in this window.
  kFrozen,     // An administrator stopped the budget.
};

// By one budget: that with the most lasting cause.
struct Refusal {
  std::string budget;
  Unit unit = Unit::kMoney_nano;
  RefusalCause cause = RefusalCause::kExhausted;
  AtCap at_cap = AtCap::kReject;
  int64_t cap = 0;  // In force, raises included.
  int64_t used = 0;
  int64_t held = 0;
  int64_t requested = 0;
  int64_t left = 0;          // What would be admitted now, burst included.
  int64_t resets_at_ms = 0;  // kNever if its window does not end.
  // When the same call would be admitted by every budget, if nothing else happened until then. kNever: not by itself.
  // Now, for kHeld: it depends on other calls.
  int64_t admits_at_ms = 0;
};

struct Reserved {
  std::variant<Hold, Refusal> outcome;
  std::optional<Refusal> tracked;  // Of a hold: what a tracking budget would have refused.
  store::Ticket ticket = 0;
};

struct SettleRequest {
  std::string id;
  Amounts amounts{};
  Tallies tallies{};
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
  EntryKind kind = EntryKind::kHit;  // kHit, kRefused or kRented.
  Amounts amounts{};
  Tallies tallies{};
  Axes axes;
  std::optional<int64_t> at_ms;  // As in ReserveRequest.
  int64_t now_ms = 0;
  std::string detail;
  bool must_fit = false;  // Budgets may refuse it, as they may a call: then nothing is written.
};

struct AdjustRequest {
  std::string id;
  uint64_t of = 0;    // The sequence number of the entry to correct: one that used or could have used something.
  Amounts amounts{};  // The difference, of any sign; what the entry has used in all never falls below zero.
  Tallies tallies{};
  std::string actor;  // Required.
  std::string reason;
  std::string detail;
  int64_t now_ms = 0;
};

struct ChangeRequest {
  std::string id;
  Change change;
  int64_t now_ms = 0;
};

struct NoteRequest {
  std::string id;
  std::string actor;  // Required.
  std::string reason;
  std::string detail;
  int64_t now_ms = 0;
};

struct Posted {
  Entry entry;
  std::vector<Event> events;  // That this entry raised; none on a repeat.
  store::Ticket ticket = 0;
  std::optional<Refusal> refusal;  // Of a record that must fit: there is no entry.
};

// One account in the window that contains the asked instant.
struct Balance {
  std::string budget;
  std::vector<std::pair<Axis, std::string>> each;
  Unit unit = Unit::kMoney_nano;
  Mode mode = Mode::kEnforce;
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  int64_t cap = 0;     // In force, raises included; kNoCap if there is none. Of prepaid: all grants that can be used.
  int64_t posted = 0;  // The sum of its entries.
  int64_t used = 0;    // What counts against the cap: posted, less what a reset forgave.
  int64_t held = 0;
  int64_t left = 0;     // What would be admitted, burst included. Never negative.
  int64_t over_by = 0;  // How far used and held exceed the cap: it was lowered, burst, or an actual exceeded its hold.
  int64_t raised = 0;   // By how much the cap is raised.
  int64_t burst_left = 0;
  bool frozen = false;
};

// What is left of a grant, by the sequence number of its entry.
struct Grant {
  uint64_t seq = 0;
  Change change;
  int64_t created_ms = 0;
  int64_t spent = 0;
  int64_t held = 0;
};

struct EntryRange {
  uint64_t first_seq = 0;
  uint64_t limit = UINT64_MAX;
  int64_t from_ms = INT64_MIN;      // Of Entry::at_ms.
  int64_t until_ms = kNever;        // Exclusive.
  uint64_t max_bytes = UINT64_MAX;  // As stored. The entry that reaches it is the last.
};

class Ledger {
 public:
  static std::vector<store::FamilySpec> Families();
  static absl::StatusOr<std::unique_ptr<Ledger>> Open(const LedgerOptions& options);
  ~Ledger();

  // Idempotent while the hold is open: the same request has the same answer, another under its id is kAlreadyExists.
  // An id that was resolved is kFailedPrecondition for at least 7 days. A refusal holds nothing; all it may leave
  // behind is the beginning of a throttled budget's slow approach.
  absl::StatusOr<Reserved> Reserve(const ReserveRequest& request, store::OnStall on_stall = store::OnStall::kWait);

  // Posts what was used, in full, and releases the rest. Repeated alike it returns the same entry; a different second
  // resolve is kFailedPrecondition, an unknown id kNotFound.
  absl::StatusOr<Posted> Settle(const SettleRequest& request, store::OnStall on_stall = store::OnStall::kWait);

  // Releases the whole hold and writes an entry of zero amounts. Repeats as with Settle.
  absl::StatusOr<Posted> Void(const VoidRequest& request, store::OnStall on_stall = store::OnStall::kWait);

  // Writes an entry that had no hold. It counts on its budgets and is refused only if it must fit. Repeated alike it
  // returns the same entry; another under its id is kAlreadyExists. The id of a kRented is remembered for ever.
  absl::StatusOr<Posted> Record(const RecordRequest& request, store::OnStall on_stall = store::OnStall::kWait);

  // Posts a correction of an earlier entry, on its axes and in its windows: late usage, a refund. Repeats as with
  // Record. kNotFound for an entry that is not there.
  absl::StatusOr<Posted> Adjust(const AdjustRequest& request);

  // Raises, resets, freezes, unfreezes or funds a budget. Repeats as with Record. kNotFound for an unknown budget.
  absl::StatusOr<Posted> Apply(const ChangeRequest& request);

  // Writes who changed something that the books do not keep, for the audit log: keys, prices, routes. It counts
  // nowhere. Repeats as with Record.
  absl::StatusOr<Posted> Note(const NoteRequest& request);

  // Replaces the set. A budget that is new, or counts differently than before, counts what its current window already
  // holds: entries since that window's beginning are read again, under the lock. Changes follow a budget by its name.
  absl::StatusOr<store::Ticket> SetBudgets(const std::vector<Budget>& budgets, int64_t now_ms);
  std::vector<Budget> Budgets() const;

  // Per unit, the most that a call with these axes could reserve now; kNoCap where nothing bounds it. 0 for every unit
  // when a budget is frozen.
  absl::StatusOr<Amounts> Headroom(const Axes& axes, int64_t at_ms, int64_t now_ms);

  // In the budgets' order. A budget without `each` always has its one account; others have those that were touched.
  // `only_of` names the one budget that is asked for; there may be none of that name. Empty: all.
  absl::StatusOr<std::vector<Balance>> Balances(int64_t at_ms, std::string_view only_of = {});
  std::vector<Grant> Grants() const;                  // In the order they were made.
  std::vector<Change> Changes(int64_t now_ms) const;  // Raises and freezes in force or to come.
  // The entry that an id was resolved to, while it is remembered.
  absl::StatusOr<std::optional<Entry>> EntryOf(const std::string& id) const;
  absl::StatusOr<std::vector<Entry>> Entries(const EntryRange& range) const;
  absl::StatusOr<std::vector<Event>> Events(uint64_t first_seq, uint64_t limit) const;
  // Of the hours that begin in [from_ms, until_ms), in their order. Ends with the hour that reaches `limit` rows.
  absl::StatusOr<std::vector<Rollup>> Rollups(int64_t from_ms, int64_t until_ms, uint64_t limit = UINT64_MAX) const;
  std::vector<Hold> Holds() const;  // By id.

  // Reads every entry again and compares accounts, rollups and grants with their sums. kDataLoss names the first that
  // differs.
  absl::Status Check() const;

  // How many holds of an earlier process Open settled.
  uint64_t recovered() const;
  uint64_t size() const;  // Entries.

  // Ok, or the poison.
  absl::Status health() const;

 private:
  class Impl;
  explicit Ledger(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace tokenfoundry::ledger
