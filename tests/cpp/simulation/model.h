// What the ledger promises (ledger.h), done again in the simplest way: lists of entries and holds, and every sum added
// up anew at each question. It has no disk, no cache and no lock; a crash is a copy of it.
//
// It is written from the header, not from the code, and shares with the ledger only plain values, the windows of
// calendars (which have their own tests) and what each type says of itself. One thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "tokenfoundry/ledger/ledger.h"

namespace tokenfoundry::simulation {

using namespace ledger;  // NOLINT: a simulation of the ledger speaks its words.

class Model {
 public:
  explicit Model(int64_t session_idle_ms) : session_idle_ms_(session_idle_ms) {}

  absl::StatusOr<Reserved> Reserve(const ReserveRequest& request);
  absl::StatusOr<Posted> Settle(const SettleRequest& request);
  absl::StatusOr<Posted> Void(const VoidRequest& request);
  absl::StatusOr<Posted> Record(const RecordRequest& request);
  absl::StatusOr<Posted> Adjust(const AdjustRequest& request);
  absl::StatusOr<Posted> Apply(const ChangeRequest& request);
  absl::Status SetBudgets(const std::vector<Budget>& budgets);
  // The ledger is opened again at `now_ms`.
  void Recover(int64_t now_ms);

  // What stands in the way of a call at an instant, and changes nothing.
  std::optional<Refusal> RefusalOf(const Axes& axes, const Amounts& amounts, int64_t at_ms, int64_t now_ms) const;
  Amounts Headroom(const Axes& axes, int64_t at_ms, int64_t now_ms) const;
  std::vector<Balance> Balances(int64_t at_ms) const;
  std::vector<Grant> Grants() const;
  std::vector<Change> Changes(int64_t now_ms) const;
  std::vector<Rollup> Rollups() const;
  std::vector<Hold> Holds() const;
  std::vector<Budget> Budgets() const;
  const std::vector<std::shared_ptr<const Entry>>& entries() const { return entries_; }
  const std::vector<Event>& events() const { return events_; }

  // A session that has ended for others may be forgotten, or not, by a call that begins so late.
  bool IsSessionInDoubt(const Axes& axes, int64_t at_ms) const;
  // The beginning of the latest call.
  int64_t latest_ms() const;
  // Whether a raise, freeze or grant that may concern the axes begins or ends in (from_ms, until_ms].
  bool ChangesWithin(int64_t from_ms, int64_t until_ms) const;

 private:
  struct Held {
    Hold hold;
    int64_t session_start_ms = 0;
    std::vector<Burn> burns;
  };
  struct Known {
    Budget budget;
    uint32_t life = 0;  // A budget that counts anew lives anew.
  };
  // Where an amount counts.
  struct Spot {
    const Known* known;
    Bounds window;
    std::vector<std::string> each;
  };
  using Values = std::vector<std::string>;
  using AccountId = std::tuple<uint32_t, int64_t, Values>;  // Life, beginning of the window, values of `each`.
  using LineId = std::pair<uint32_t, Values>;
  struct Sum {
    int64_t posted = 0;
    int64_t forgiven = 0;
    int64_t held = 0;

    int64_t used() const { return std::max<int64_t>(0, posted - forgiven); }
  };
  struct Standing {
    int64_t cap = kNoCap, raised = 0, used = 0, held = 0, line = kNoCap, over = 0, burst = 0, burst_held = 0;
    int64_t ceiling = kNoCap, last_ceiling = kNoCap, most = kNoCap;
    bool frozen = false;

    int64_t left() const;
    std::optional<RefusalCause> CauseToRefuse(int64_t requested) const;
  };
  struct Credit {
    int64_t left = 0;
    int64_t as_of_ms = 0;
  };
  struct Session {
    int64_t start_ms = 0;
    int64_t last_ms = 0;
  };

  std::vector<Spot> SpotsOf(const Axes& axes, int64_t at_ms, int64_t session_start_ms) const;
  std::map<int64_t, Sum> SumsOf(const Known& known, const Values& each, int64_t from_ms, int64_t until_ms) const;
  bool ForgivesAt(const Entry& reset, const Known& known, int64_t start_ms) const;
  Standing StandingOf(const Spot& spot, int64_t at_ms, int64_t now_ms) const;
  Standing StandingWith(const Known& known, const Values& each, const Bounds& window, int64_t used, int64_t held,
                        int64_t at_ms, int64_t now_ms) const;
  std::pair<std::optional<Refusal>, std::optional<Refusal>> Ask(const std::vector<Spot>& spots, const Amounts& amounts,
                                                                int64_t at_ms, int64_t now_ms) const;
  int64_t CreditHeldBesides(const Known& known, const Values& each, int64_t own_ms, int64_t cap) const;
  int64_t CreditAt(const Known& known, const Values& each, int64_t now_ms) const;
  const Entry* Remembered(const std::string& id) const;
  absl::StatusOr<Posted> Resolve(Entry asked, bool has_detail, int64_t now_ms);
  absl::StatusOr<std::optional<Posted>> Repeated(const Entry& asked) const;
  Posted Post(Entry entry, const Held* held, const std::vector<Spot>& spots, int64_t now_ms);
  std::vector<Event> EffectsOf(const Entry& entry, const Held* held, const std::vector<Spot>& spots, int64_t now_ms);
  std::vector<Burn> BurnsOf(const Entry& entry, const Held* held, const std::vector<Spot>& spots) const;
  // Takes what is given back off `net`, what the call has taken so far.
  std::vector<Burn> RefundsOf(const Entry& correction, const std::vector<Spot>& spots, std::vector<Burn>* net);
  void Return(uint64_t grant, int64_t amount, std::map<uint64_t, int64_t>* returned);
  std::vector<Burn> DebtsPaidBy(uint64_t seq, const Change& change) const;
  std::vector<uint64_t> Purse(const Spot& spot) const;
  int64_t GrantHeld(uint64_t seq) const;
  int64_t GrantLeft(uint64_t seq) const;
  bool IsOpen(const Axes& axes) const;  // Whether a call of the session is.
  int64_t SessionStart(const Axes& axes, int64_t at_ms) const;
  void TouchSession(const Axes& axes, int64_t start_ms, int64_t at_ms);
  bool Fits(const Change& change, const Budget& budget) const;

  int64_t session_idle_ms_;
  uint32_t next_life_ = 1;
  std::vector<Known> budgets_;
  std::vector<std::shared_ptr<const Entry>> entries_;
  std::vector<Event> events_;
  std::map<std::string, Held> holds_;
  std::map<uint64_t, Change> in_force_;                          // Raises and freezes, by the entry that made them.
  std::map<uint64_t, Grant> grants_;                             // `held` is not kept here.
  std::map<std::pair<uint64_t, uint64_t>, int64_t> debts_paid_;  // By debtor and payer.
  std::map<uint64_t, std::vector<Burn>> net_burns_;              // Of calls that have been corrected.
  std::map<AccountId, int64_t> told_;                            // The greatest level told.
  std::map<AccountId, int64_t> paced_from_ms_;
  std::map<LineId, Credit> credits_;  // Absent: full.
  std::map<std::pair<std::string, std::string>, Session> sessions_;
  int64_t latest_session_ms_ = 0;
  uint64_t forgotten_ = 0;  // Ids of earlier entries are forgotten.
};

}  // namespace tokenfoundry::simulation
