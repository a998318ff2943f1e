// The generic cell rate algorithm in integers: how full a leaking bucket is, told by the time at which it will be
// empty.
//
// Time is counted in ticks of 1/amount of a millisecond. In these a unit fills exactly period_ms ticks and a
// millisecond drains exactly `amount` of them, so nothing is ever rounded and nothing drifts.
//
// Ranges: an amount is at most 2**53, a period 2**35 ms, a time 2**48 ms: ticks stay below 2**101, and a bucket would
// need 2**25 open calls of the largest size to leave 128 bits.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <list>

namespace tokenfoundry::ledger {

using Ticks = __int128;

inline Ticks CeilDiv(Ticks dividend, int64_t divisor) {
  return dividend / divisor + (dividend % divisor > 0 ? 1 : 0);  // Division truncates: right for negatives too.
}

// `amount` units drain in a period; `burst` units fit at once. amount 0: no rate at all.
struct Rate {
  int64_t amount = 0;
  int64_t period_ms = 1;
  int64_t burst = 0;

  bool limits() const { return amount > 0; }
  Ticks At(int64_t at_ms) const { return static_cast<Ticks>(at_ms) * amount; }
  Ticks Of(int64_t units) const { return static_cast<Ticks>(units) * period_ms; }

  // Of a bucket that is empty at `empty_at`:
  Ticks Filled(Ticks empty_at, int64_t now_ms) const { return std::max<Ticks>(0, empty_at - At(now_ms)); }
  // The whole units that fit now.
  int64_t Left(Ticks empty_at, int64_t now_ms) const {
    return static_cast<int64_t>(std::max<Ticks>(0, Of(burst) - Filled(empty_at, now_ms)) / period_ms);
  }
  // The first millisecond at which `units`, at most `burst`, fit. It may be past.
  int64_t FitsAt_ms(Ticks empty_at, int64_t units) const {
    return static_cast<int64_t>(CeilDiv(empty_at + Of(units) - Of(burst), amount));
  }
  int64_t EmptyAt_ms(Ticks empty_at) const { return static_cast<int64_t>(CeilDiv(empty_at, amount)); }
  // The bucket after `units` more at that time.
  Ticks Add(Ticks empty_at, int64_t units, int64_t at_ms) const { return std::max(empty_at, At(at_ms)) + Of(units); }

  friend bool operator==(const Rate&, const Rate&) = default;
};

// A bucket whose contents are known only afterwards: each call puts an estimate in, and when the call has ended the
// bucket is what it would be had the real amount been put in then.
//
// Subtracting the difference would not do: the part of an estimate that has drained meanwhile would be given back once
// more. Putting in is x -> max(x + a, b); such maps are closed under composition, so the history of ended calls between
// two open ones is two numbers, and the bucket is replayed over the open calls alone.
class CorrectableBucket {
  struct Map {
    Ticks add;
    Ticks least;
    Ticks operator()(Ticks x) const { return std::max(x + add, least); }
    Map Then(const Map& next) const { return {add + next.add, next(least)}; }
  };
  struct Call {
    Map put;    // What the call itself puts in.
    Map ended;  // What was put in after it and before the next open call, by calls that have ended.
    int64_t at_ms;
  };
  // No map: far below any time, and far enough above the least Ticks that sums stay in range.
  static constexpr Ticks kNone = -(static_cast<Ticks>(1) << 120);
  static Map Put(const Rate& rate, int64_t units, int64_t at_ms) {
    return {rate.Of(units), rate.At(at_ms) + rate.Of(units)};
  }

 public:
  using Handle = std::list<Call>::iterator;

  Ticks empty_at() const { return empty_at_; }

  // The handle stays valid until Correct or Rebase.
  Handle Add(const Rate& rate, int64_t units, int64_t at_ms) {
    open_.push_back({Put(rate, units, at_ms), {0, kNone}, at_ms});
    empty_at_ = open_.back().put(empty_at_);
    return std::prev(open_.end());
  }

  // Ends the call, which really put in `units`. Takes time in proportion to the open calls.
  void Correct(const Rate& rate, Handle call, int64_t units) {
    End(call, Put(rate, units, call->at_ms));
    empty_at_ = before_;
    for (const Call& each : open_) empty_at_ = each.ended(each.put(empty_at_));
  }

  // Ends the call with its estimate.
  void Keep(Handle call) { End(call, call->put); }

  // Goes over to another rate as full as it is; open calls keep their estimates and can no longer be corrected.
  void Rebase(Ticks empty_at) {
    open_.clear();
    empty_at_ = before_ = empty_at;
  }

 private:
  void End(Handle call, const Map& put) {
    const Map ended = put.Then(call->ended);
    if (call == open_.begin()) {
      before_ = ended(before_);
    } else {
      Map& previous = std::prev(call)->ended;
      previous = previous.Then(ended);
    }
    open_.erase(call);
  }

  Ticks before_ = 0;      // Empty at, before the first open call.
  Ticks empty_at_ = 0;    // Empty at, after all.
  std::list<Call> open_;  // In the order of their beginnings.
};

}  // namespace tokenfoundry::ledger
