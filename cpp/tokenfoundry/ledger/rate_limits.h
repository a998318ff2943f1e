// Rate limits: how many requests and tokens may pass in a period, and how many calls may be under way at once.
//
// A limit selects calls by their axes as a budget does, and `each` gives every combination of values a cell of its own.
// Requests and tokens drain steadily (the generic cell rate algorithm): a cell takes `burst` units at once and `amount`
// more in each period. So what is admitted between two instants s and e is at most burst + amount * (e - s) / period,
// to the unit; in one period at most burst + amount.
//
// A call is admitted by all matching limits or by none, and a refusal takes nothing. Its tokens are an estimate until
// Correct puts the real number in its place, as of the moment of admission: a cell is always what it would be had the
// real numbers been known. Estimates that were too low can leave a cell in debt.
//
// In memory only: a crash or restart forgets it all, which is what at most one period lets pass anyway. Cells that are
// empty again are forgotten as calls come, so there are about twice as many as are in use at most.
//
// Thread-safe: one lock, held for about a microsecond. Correct takes time in proportion to the cell's open calls.
//
// Units: times are Unix ms; the core reads no clock, each call brings `now_ms`. A clock that goes back by up to 10 s is
// taken to stand still (threads may bring their readings out of order); one that goes back further was set, and time
// goes on from there: neither lets more pass, nor refuses for as long as the step.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "tokenfoundry/base/status.h"
#include "tokenfoundry/ledger/amounts.h"
#include "tokenfoundry/ledger/selector_index.h"

namespace tokenfoundry::ledger {

struct RateLimit {
  std::string name;  // Unique among the limits.
  Selector calls;
  int64_t requests = 0;        // In a period. 0: no limit.
  int64_t tokens = 0;          // In a period. 0: no limit.
  int64_t concurrent = 0;      // Calls under way at once. 0: no limit.
  int64_t burst_requests = 0;  // At once. 0: a whole period's.
  int64_t burst_tokens = 0;    // At once. 0: a whole period's.
  int64_t period_ms = 60'000;  // Up to 366 days.

  absl::Status Validate() const;
  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

enum class Metered : uint8_t { kRequests = 0, kTokens, kConcurrent };

// Which side of the choice of a target is asked about. A limit that selects by model or region is known only with the
// target, so a call that is admitted in two steps passes those at its attempt, and its tokens with them.
enum class Part : uint8_t {
  kWhole = 0,
  kCall,     // Requests and concurrent calls of the limits that do not select by target.
  kAttempt,  // Tokens of every limit; requests and concurrent calls of those that select by target.
};

struct AdmitRequest {
  Axes axes;
  int64_t tokens = 0;  // The estimate. [0, 2**53].
  int64_t now_ms = 0;
  Part part = Part::kWhole;
};

enum class LeaseId : uint64_t { kNone = 0 };  // kNone: no limit applied, there is nothing to give back.

// Why a call may not go, by the limit that it has to wait for longest.
struct Limited {
  std::string limit;
  Metered what = Metered::kRequests;
  bool never_fits = false;  // It is more than the limit ever takes at once.
  int64_t retry_at_ms = 0;  // When all limits would admit it, if nothing else came; of open calls: in a second.
  int64_t amount = 0;       // What the limit allows: in a period, or at once when it never fits or counts open calls.
  int64_t period_ms = 0;    // Of what is counted in a period; 0 for concurrent calls.
  int64_t left = 0;
  int64_t asked = 0;
};

// How a cell stands in one respect.
struct RateLevel {
  std::string limit;
  Metered what = Metered::kRequests;
  int64_t amount = 0;     // In a period; of concurrent calls: at once.
  int64_t period_ms = 0;  // 0 for concurrent calls.
  int64_t left = 0;
  int64_t next_ms = 0;   // Until one more is left. 0: it is full, or nobody knows (concurrent calls).
  int64_t reset_ms = 0;  // Until all of it is left again. 0 as above.
};

struct CellState {
  std::string limit;
  std::vector<std::pair<Axis, std::string>> each;
  std::vector<RateLevel> levels;
};

class RateLimiter {
 public:
  RateLimiter();
  ~RateLimiter();

  // Replaces the limits. One that has the same name and selects the same calls keeps its cells, as full as they are;
  // where its amount or period changes, calls then under way keep their estimates.
  absl::Status SetLimits(const std::vector<RateLimit>& limits, int64_t now_ms);

  absl::StatusOr<std::variant<LeaseId, Limited>> Admit(const AdmitRequest& request);

  // Puts the call's real tokens in the place of its estimate. False: that was done before, or the lease has ended.
  // A call counts at most 1440 periods' worth, so that no misreport shuts a cell for ever.
  absl::StatusOr<bool> Correct(LeaseId lease, int64_t real_tokens);

  // Ends the lease: the call is no longer under way, and an estimate that was not corrected stands. False: it had
  // ended.
  bool Release(LeaseId lease);

  // Per metered thing the matching cell with the least left (of equals the one that has more last), without taking
  // anything. kCall leaves out the limits that select by target.
  std::vector<RateLevel> Status(const Axes& axes, int64_t now_ms, Part part = Part::kWhole);

  // Every cell that is not empty, by limit; and how many calls each limit has refused.
  std::vector<CellState> Cells(int64_t now_ms);
  std::vector<std::pair<std::string, int64_t>> Refused() const;

  size_t cells() const;   // In memory, idle ones not yet forgotten included.
  size_t leases() const;  // Not yet ended.

 private:
  struct Cell;
  struct Meter;
  struct Place;
  struct Lease;

  template <typename Visit>
  void ForEachMatch(const Axes& axes, Part part, const Visit& visit) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  int64_t TimeAt(int64_t now_ms) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable std::mutex mu_;
  // Shared with the leases: one can outlive the SetLimits that removes its limit.
  std::vector<std::shared_ptr<Meter>> meters_ ABSL_GUARDED_BY(mu_);
  SelectorIndex index_ ABSL_GUARDED_BY(mu_);                            // Of meters_.
  std::vector<std::pair<Meter*, Cell*>> matched_ ABSL_GUARDED_BY(mu_);  // Of one Admit; here to save an allocation.
  std::unordered_map<uint64_t, Lease> leases_ ABSL_GUARDED_BY(mu_);
  uint64_t last_lease_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t seen_ms_ ABSL_GUARDED_BY(mu_) = 0;  // The caller's clock, as last believed.
  int64_t time_ms_ ABSL_GUARDED_BY(mu_) = 0;  // The limiter's own time, which never goes back.
};

}  // namespace tokenfoundry::ledger
