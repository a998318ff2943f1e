#include "tokenfoundry/ledger/rate_limits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <random>
#include <thread>

namespace tokenfoundry::ledger {
namespace {

constexpr int64_t kStart_ms = 1'771'200'000'000;
constexpr int64_t kMinute_ms = 60'000;

RateLimit Requests(const std::string& name, int64_t requests, int64_t burst = 0) {
  RateLimit limit;
  limit.name = name;
  limit.requests = requests;
  limit.burst_requests = burst;
  return limit;
}

RateLimit Tokens(const std::string& name, int64_t tokens, int64_t burst = 0) {
  RateLimit limit;
  limit.name = name;
  limit.tokens = tokens;
  limit.burst_tokens = burst;
  return limit;
}

RateLimit Concurrent(const std::string& name, int64_t concurrent) {
  RateLimit limit;
  limit.name = name;
  limit.concurrent = concurrent;
  return limit;
}

RateLimit Each(RateLimit limit, std::vector<Axis> axes) {
  limit.calls.each = std::move(axes);
  return limit;
}

RateLimit Matching(RateLimit limit, Axis axis, std::vector<std::string> values) {
  limit.calls.match[static_cast<size_t>(axis)] = std::move(values);
  return limit;
}

Axes With(std::initializer_list<std::pair<Axis, std::string>> values) {
  Axes axes;
  for (const auto& [axis, value] : values) axes[static_cast<size_t>(axis)] = value;
  return axes;
}

class RateLimits : public ::testing::Test {
 protected:
  void Set(const std::vector<RateLimit>& limits) { ASSERT_TRUE(limiter_.SetLimits(limits, now_ms_).ok()); }

  std::variant<LeaseId, Limited> Try(int64_t tokens = 0, const Axes& axes = {}, Part part = Part::kWhole) {
    auto outcome = limiter_.Admit({axes, tokens, now_ms_, part});
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return *outcome;
  }

  bool Passes(int64_t tokens = 0, const Axes& axes = {}, Part part = Part::kWhole) {
    return std::holds_alternative<LeaseId>(Try(tokens, axes, part));
  }

  LeaseId Lease(int64_t tokens = 0, const Axes& axes = {}, Part part = Part::kWhole) {
    const auto outcome = Try(tokens, axes, part);
    EXPECT_TRUE(std::holds_alternative<LeaseId>(outcome));
    return std::get<LeaseId>(outcome);
  }

  Limited Refusal(int64_t tokens = 0, const Axes& axes = {}, Part part = Part::kWhole) {
    const auto outcome = Try(tokens, axes, part);
    EXPECT_TRUE(std::holds_alternative<Limited>(outcome));
    return std::get<Limited>(outcome);
  }

  int64_t Left(Metered what, const Axes& axes = {}) {
    for (const RateLevel& level : limiter_.Status(axes, now_ms_)) {
      if (level.what == what) return level.left;
    }
    ADD_FAILURE() << "no such level";
    return -1;
  }

  RateLimiter limiter_;
  int64_t now_ms_ = kStart_ms;
};

TEST_F(RateLimits, TakesAWholePeriodsRequestsAtOnceAndThenOneEachInterval) {
  Set({Requests("sixty", 60)});
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(Passes());
  EXPECT_FALSE(Passes());
  now_ms_ += 999;
  EXPECT_FALSE(Passes());
  now_ms_ += 1;
  EXPECT_TRUE(Passes());
  EXPECT_FALSE(Passes());
}

TEST_F(RateLimits, AdmitsAtTheToldTimeAndNotAMillisecondBefore) {
  for (const int64_t amount : {int64_t{1}, int64_t{7}, int64_t{60}, int64_t{999}, int64_t{59'999}, int64_t{1} << 45}) {
    RateLimiter limiter;
    ASSERT_TRUE(limiter.SetLimits({Tokens("a", amount)}, now_ms_).ok());
    ASSERT_TRUE(std::holds_alternative<LeaseId>(*limiter.Admit({{}, amount, now_ms_})));
    const int64_t wanted = (amount + 2) / 3;
    const auto refused = *limiter.Admit({{}, wanted, now_ms_});
    const int64_t retry_at_ms = std::get<Limited>(refused).retry_at_ms;
    EXPECT_EQ(retry_at_ms, now_ms_ + (wanted * kMinute_ms + amount - 1) / amount);
    EXPECT_TRUE(std::holds_alternative<Limited>(*limiter.Admit({{}, wanted, retry_at_ms - 1})));
    EXPECT_TRUE(std::holds_alternative<LeaseId>(*limiter.Admit({{}, wanted, retry_at_ms})));
  }
}

TEST_F(RateLimits, AnAmountThatDoesNotDivideThePeriodDoesNotDrift) {
  Set({Requests("seven", 7, 1)});
  int64_t admitted = 0;
  const int64_t end_ms = now_ms_ + 24 * 60 * kMinute_ms;
  while (now_ms_ < end_ms) {
    const auto outcome = Try();
    if (const auto* limited = std::get_if<Limited>(&outcome)) {
      now_ms_ = limited->retry_at_ms;
    } else {
      ++admitted;
      limiter_.Release(std::get<LeaseId>(outcome));
    }
  }
  // Each admission waits for its whole millisecond, at most 7 * 1440 of them in the day: under 10 s, one request.
  EXPECT_GE(admitted, 7 * 24 * 60 - 2);
  EXPECT_LE(admitted, 7 * 24 * 60 + 1);
}

TEST_F(RateLimits, ARefusalTakesNothingFromAnyLimit) {
  Set({Requests("many", 100), Tokens("tokens", 1000), Concurrent("few", 1)});
  const LeaseId first = Lease(100);
  const Limited refused = Refusal(100);
  EXPECT_EQ(refused.limit, "few");
  EXPECT_EQ(refused.what, Metered::kConcurrent);
  EXPECT_EQ(Left(Metered::kRequests), 99);
  EXPECT_EQ(Left(Metered::kTokens), 900);
  EXPECT_TRUE(limiter_.Release(first));
  EXPECT_TRUE(Passes(100));
}

TEST_F(RateLimits, TheRefusalNamesTheLimitThatTakesLongestToWaitFor) {
  Set({Requests("slow", 1), Requests("fast", 60, 1), Tokens("tokens", 10)});
  EXPECT_TRUE(Passes(5));
  EXPECT_EQ(Refusal(1).limit, "slow");
  EXPECT_EQ(Refusal(1).retry_at_ms, now_ms_ + kMinute_ms);
  const Limited never = Refusal(11);
  EXPECT_EQ(never.limit, "tokens");
  EXPECT_TRUE(never.never_fits);
  EXPECT_EQ(never.asked, 11);
  EXPECT_EQ(never.amount, 10);
}

TEST_F(RateLimits, MoreTokensThanTheBurstNeverFitThoughThePeriodWouldAllowThem) {
  Set({Tokens("tokens", 1000, 100)});
  EXPECT_TRUE(Refusal(101).never_fits);
  EXPECT_TRUE(Passes(100));
  EXPECT_FALSE(Refusal(100).never_fits);
}

TEST_F(RateLimits, TokensThatWereNotUsedComeBack) {
  Set({Tokens("tokens", 1000)});
  const LeaseId lease = Lease(1000);
  EXPECT_FALSE(Passes(1));
  EXPECT_TRUE(*limiter_.Correct(lease, 300));
  EXPECT_EQ(Left(Metered::kTokens), 700);
}

TEST_F(RateLimits, WhatHasDrainedIsNotGivenBackOnceMore) {
  Set({Tokens("tokens", 1000)});
  const LeaseId first = Lease(1000);
  now_ms_ += kMinute_ms;
  const LeaseId second = Lease(1000);
  EXPECT_TRUE(*limiter_.Correct(first, 0));
  EXPECT_EQ(Left(Metered::kTokens), 0);
  EXPECT_TRUE(*limiter_.Correct(second, 1000));
  EXPECT_FALSE(Passes(1));
}

TEST_F(RateLimits, AnEstimateThatWasTooLowLeavesTheCellInDebt) {
  Set({Tokens("tokens", 1000)});
  const LeaseId lease = Lease(100);
  EXPECT_TRUE(*limiter_.Correct(lease, 3000));
  EXPECT_EQ(Left(Metered::kTokens), 0);
  EXPECT_EQ(Refusal(0).retry_at_ms, now_ms_ + 2 * kMinute_ms);
  EXPECT_EQ(Refusal(500).retry_at_ms, now_ms_ + 2 * kMinute_ms + kMinute_ms / 2);
  now_ms_ += 2 * kMinute_ms + kMinute_ms / 2;
  EXPECT_TRUE(Passes(500));
}

TEST_F(RateLimits, AMisreportDoesNotShutACellForEver) {
  Set({Tokens("tokens", 1000)});
  EXPECT_TRUE(*limiter_.Correct(Lease(1), kMaxAmount));
  EXPECT_FALSE(Passes(1));
  now_ms_ += 25 * 60 * kMinute_ms;
  EXPECT_TRUE(Passes(1));
}

TEST_F(RateLimits, ALeaseIsCorrectedOnceAndReleasedOnce) {
  RateLimit limit = Tokens("tokens", 1000);
  limit.concurrent = 2;
  Set({limit});
  const LeaseId lease = Lease(500);
  EXPECT_TRUE(*limiter_.Correct(lease, 100));
  EXPECT_FALSE(*limiter_.Correct(lease, 0));
  EXPECT_TRUE(limiter_.Release(lease));
  EXPECT_FALSE(limiter_.Release(lease));
  EXPECT_FALSE(*limiter_.Correct(lease, 0));
  EXPECT_EQ(Left(Metered::kTokens), 900);
  EXPECT_EQ(Left(Metered::kConcurrent), 2);
  EXPECT_EQ(limiter_.leases(), 0);
  EXPECT_FALSE(limiter_.Release(LeaseId::kNone));
}

TEST_F(RateLimits, AReleasedLeaseThatWasNotCorrectedKeepsItsEstimate) {
  Set({Tokens("tokens", 1000)});
  EXPECT_TRUE(limiter_.Release(Lease(400)));
  const LeaseId open = Lease(300);
  EXPECT_TRUE(*limiter_.Correct(open, 0));
  EXPECT_EQ(Left(Metered::kTokens), 600);
}

TEST_F(RateLimits, EachValueHasACellOfItsOwn) {
  Set({Each(Requests("each", 1), {Axis::kProject, Axis::kKey})});
  EXPECT_TRUE(Passes(0, With({{Axis::kProject, "a"}, {Axis::kKey, "bc"}})));
  EXPECT_TRUE(Passes(0, With({{Axis::kProject, "ab"}, {Axis::kKey, "c"}})));
  EXPECT_TRUE(Passes(0, With({{Axis::kProject, std::string(1000, 'a')}})));
  EXPECT_FALSE(Passes(0, With({{Axis::kProject, "a"}, {Axis::kKey, "bc"}})));
  const auto states = limiter_.Cells(now_ms_);
  ASSERT_EQ(states.size(), 3);
  const auto longest = std::find_if(states.begin(), states.end(),
                                    [](const CellState& state) { return state.each[0].second.size() == 1000; });
  EXPECT_NE(longest, states.end());
  EXPECT_EQ(limiter_.Refused().front().second, 1);
}

TEST_F(RateLimits, ALimitForCertainKeysIsForThoseAlone) {
  Set({Matching(Requests("one", 1), Axis::kKey, {"k1", "k2"}), Matching(Requests("any", 2), Axis::kKey, {"*"})});
  EXPECT_TRUE(Passes(0, With({{Axis::kKey, "k1"}})));
  EXPECT_EQ(Refusal(0, With({{Axis::kKey, "k2"}})).limit, "one");
  EXPECT_TRUE(Passes(0, With({{Axis::kKey, "k3"}})));
  EXPECT_EQ(Refusal(0, With({{Axis::kKey, "k3"}})).limit, "any");
  EXPECT_TRUE(Passes());
}

TEST_F(RateLimits, ACallThatNoLimitCountsHasNothingToGiveBack) {
  Set({Matching(Requests("other", 1), Axis::kProject, {"other"})});
  EXPECT_EQ(Lease(), LeaseId::kNone);
  EXPECT_EQ(limiter_.leases(), 0);
}

TEST_F(RateLimits, InTwoStepsACallPassesEachLimitOnce) {
  RateLimit all = Tokens("all", 1000);
  all.requests = 10;
  all.concurrent = 5;
  RateLimit of_model = Each(Requests("model", 10), {Axis::kModel});
  of_model.tokens = 500;
  Set({all, of_model});
  const Axes target = With({{Axis::kModel, "small-1"}});
  const LeaseId call = Lease(0, {}, Part::kCall);
  EXPECT_EQ(Left(Metered::kRequests, target), 9);
  EXPECT_EQ(limiter_.Status({}, now_ms_, Part::kCall).size(), 3);
  const LeaseId attempt = Lease(400, target, Part::kAttempt);
  std::map<std::string, std::map<Metered, int64_t>> left;
  for (const CellState& state : limiter_.Cells(now_ms_)) {
    for (const RateLevel& level : state.levels) left[state.limit][level.what] = level.left;
  }
  EXPECT_EQ(left["all"][Metered::kRequests], 9);
  EXPECT_EQ(left["all"][Metered::kTokens], 600);
  EXPECT_EQ(left["all"][Metered::kConcurrent], 4);
  EXPECT_EQ(left["model"][Metered::kRequests], 9);
  EXPECT_EQ(left["model"][Metered::kTokens], 100);
  EXPECT_EQ(Refusal(200, target, Part::kAttempt).limit, "model");
  EXPECT_TRUE(limiter_.Release(attempt));
  EXPECT_TRUE(limiter_.Release(call));
}

TEST_F(RateLimits, AClockThatWentBackNeitherLetsMorePassNorRefusesForTheStep) {
  for (const int64_t back_ms : {int64_t{1}, int64_t{9'000}, int64_t{11'000}, int64_t{365} * 86'400'000}) {
    RateLimiter limiter;
    ASSERT_TRUE(limiter.SetLimits({Requests("sixty", 60)}, kStart_ms).ok());
    for (int i = 0; i < 60; ++i) ASSERT_TRUE(std::holds_alternative<LeaseId>(*limiter.Admit({{}, 0, kStart_ms})));
    const int64_t now_ms = kStart_ms - back_ms;
    const auto refused = *limiter.Admit({{}, 0, now_ms});
    ASSERT_TRUE(std::holds_alternative<Limited>(refused)) << back_ms;
    const int64_t retry_at_ms = std::get<Limited>(refused).retry_at_ms;
    EXPECT_LE(retry_at_ms, now_ms + 11'000);
    EXPECT_TRUE(std::holds_alternative<Limited>(*limiter.Admit({{}, 0, retry_at_ms - 1})));
    EXPECT_TRUE(std::holds_alternative<LeaseId>(*limiter.Admit({{}, 0, retry_at_ms})));
  }
}

TEST_F(RateLimits, ReadingsOutOfOrderAddNoTime) {
  Set({Requests("sixty", 60)});
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(Passes());
  for (int i = 0; i < 2000; ++i) {
    now_ms_ += i % 2 == 0 ? 5 : -5;
    ASSERT_FALSE(Passes());
  }
}

TEST_F(RateLimits, AnUnchangedLimitKeepsItsCellsAndAChangedOneIsAsFullAsItWas) {
  RateLimit slow = Requests("changed", 60);
  slow.tokens = 600;
  slow.concurrent = 1;
  Set({Requests("kept", 10), slow});
  const LeaseId lease = Lease(300);
  RateLimit fast = slow;
  fast.requests = 600;
  fast.tokens = 1200;
  fast.period_ms = 2 * kMinute_ms;
  fast.concurrent = 2;
  Set({Requests("new", 100), fast, Requests("kept", 10)});
  std::map<std::string, std::map<Metered, int64_t>> left;
  for (const CellState& state : limiter_.Cells(now_ms_)) {
    for (const RateLevel& level : state.levels) left[state.limit][level.what] = level.left;
  }
  EXPECT_EQ(left["kept"][Metered::kRequests], 9);
  EXPECT_EQ(left["changed"][Metered::kRequests], 599);
  EXPECT_EQ(left["changed"][Metered::kTokens], 900);
  EXPECT_EQ(left["changed"][Metered::kConcurrent], 1);
  EXPECT_TRUE(*limiter_.Correct(lease, 0));  // Its estimate stands: the bucket is another one.
  EXPECT_EQ(Left(Metered::kTokens), 900);
  Set({});
  EXPECT_TRUE(Passes());
  EXPECT_TRUE(limiter_.Release(lease));
}

TEST_F(RateLimits, CellsThatAreEmptyAgainAreForgotten) {
  Set({Each(Requests("each", 1), {Axis::kSession})});
  for (int i = 0; i < 100'000; ++i) {
    const LeaseId lease = Lease(0, With({{Axis::kSession, std::to_string(i)}}));
    EXPECT_TRUE(limiter_.Release(lease));
    now_ms_ += 60;  // A thousand are not yet empty at any time.
  }
  EXPECT_LT(limiter_.cells(), 4000);
  EXPECT_EQ(limiter_.leases(), 0);
}

TEST_F(RateLimits, WhatMakesNoSenseIsRefusedWithTheFieldsName) {
  EXPECT_FALSE(RateLimit{}.Validate().ok());
  EXPECT_FALSE(Requests("", 1).Validate().ok());
  EXPECT_FALSE(Requests("nothing", 0).Validate().ok());
  EXPECT_FALSE(Requests("negative", -1).Validate().ok());
  EXPECT_FALSE(Requests("huge", kMaxAmount + 1).Validate().ok());
  EXPECT_FALSE(Each(Requests("twice", 1), {Axis::kKey, Axis::kKey}).Validate().ok());
  RateLimit burst = Requests("burst", 1);
  burst.burst_tokens = 1;
  EXPECT_EQ(burst.Validate().message(), "burst_tokens: needs tokens");
  EXPECT_FALSE(limiter_.SetLimits({Requests("same", 1), Tokens("same", 1)}, now_ms_).ok());
  EXPECT_FALSE(limiter_.Admit({{}, -1, now_ms_}).ok());
  EXPECT_FALSE(limiter_.Admit({With({{Axis::kKey, std::string(2000, 'k')}}), 0, now_ms_}).ok());
}

TEST(RateLimiter, SixtyFourThreadsGetExactlyWhatThereIs) {
  RateLimiter limiter;
  RateLimit limit = Requests("all", 1000);
  limit.concurrent = 8;
  ASSERT_TRUE(limiter.SetLimits({limit}, kStart_ms).ok());
  std::atomic<int64_t> admitted = 0, under_way = 0, most = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 64; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const auto outcome = *limiter.Admit({{}, 0, kStart_ms});
        if (const auto* lease = std::get_if<LeaseId>(&outcome)) {
          ++admitted;
          const int64_t now = ++under_way;
          for (int64_t seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
          }
          --under_way;
          limiter.Release(*lease);
        } else if (std::get<Limited>(outcome).what == Metered::kConcurrent) {
          --i;
          std::this_thread::yield();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(admitted, 1000);
  EXPECT_LE(most, 8);
}

// -- the oracle ------------------------------------------------------------------------------------------------------

// One limit's cell as its definition says: the whole history, replayed with rational numbers each time it is asked.
class Replay {
 public:
  Replay(int64_t amount, int64_t period_ms, int64_t burst) : amount_(amount), period_ms_(period_ms), burst_(burst) {}

  // In 1/period of a unit.
  __int128 FilledAt(int64_t at_ms) const {
    __int128 filled = 0;
    int64_t last_ms = 0;
    for (const auto& [put_ms, units] : puts_) {
      filled = std::max<__int128>(0, filled - static_cast<__int128>(put_ms - last_ms) * amount_);
      filled += static_cast<__int128>(units) * period_ms_;
      last_ms = put_ms;
    }
    return std::max<__int128>(0, filled - static_cast<__int128>(at_ms - last_ms) * amount_);
  }
  bool Fits(int64_t units, int64_t at_ms) const {
    return FilledAt(at_ms) + static_cast<__int128>(units) * period_ms_ <= static_cast<__int128>(burst_) * period_ms_;
  }
  size_t Put(int64_t units, int64_t at_ms) {
    puts_.emplace_back(at_ms, units);
    return puts_.size() - 1;
  }
  void Correct(size_t put, int64_t units) { puts_[put].second = units; }

  // The most units that any closed span of time may have let pass, checked over every pair of admissions.
  void CheckBound() const {
    for (size_t first = 0; first < puts_.size(); ++first) {
      __int128 sum = 0;
      for (size_t last = first; last < puts_.size(); ++last) {
        sum += puts_[last].second;
        const __int128 span_ms = puts_[last].first - puts_[first].first;
        ASSERT_LE(sum * period_ms_, static_cast<__int128>(burst_) * period_ms_ + span_ms * amount_);
      }
    }
  }

 private:
  int64_t amount_, period_ms_, burst_;
  std::vector<std::pair<int64_t, int64_t>> puts_;
};

// What the limiter may do is what the histories of all its limits allow, and nothing else.
void RunHistory(uint64_t seed, bool estimates_are_bounds) {
  std::mt19937_64 random(seed);
  const auto below = [&](int64_t end) { return static_cast<int64_t>(random() % static_cast<uint64_t>(end)); };
  struct Cell {
    Replay requests, tokens;
    int64_t under_way = 0;
  };
  struct Call {
    LeaseId id;
    int64_t estimate;
    std::vector<std::pair<Cell*, size_t>> tokens;
    std::vector<Cell*> cells;
    bool corrected = false;
  };
  std::vector<RateLimit> limits;
  for (int i = 0; i < 3; ++i) {
    RateLimit limit;
    limit.name = std::string(1, static_cast<char>('a' + i));
    limit.period_ms = 1 + below(3000);
    limit.requests = 1 + below(20);
    limit.tokens = 1 + below(5000);
    limit.concurrent = 1 + below(6);
    limit.burst_requests = 1 + below(20);
    limit.burst_tokens = 1 + below(5000);
    if (i > 0) limit.calls.each = {Axis::kKey};
    if (i > 1) limit.calls.match[static_cast<size_t>(Axis::kProject)] = {"p1"};
    limits.push_back(limit);
  }
  RateLimiter limiter;
  int64_t now_ms = kStart_ms;
  ASSERT_TRUE(limiter.SetLimits(limits, now_ms).ok());
  std::map<std::pair<size_t, std::string>, Cell> cells;
  std::vector<Call> open;
  for (int step = 0; step < 250; ++step) {
    now_ms += below(3) == 0 ? below(400) : 0;
    if (!open.empty() && below(2) == 0) {
      const size_t at = static_cast<size_t>(below(static_cast<int64_t>(open.size())));
      Call& call = open[at];
      if (!call.corrected && below(5) != 0) {
        const int64_t most = estimates_are_bounds ? call.estimate : 2 * call.estimate + 100;
        const int64_t real = below(most + 1);
        ASSERT_TRUE(*limiter.Correct(call.id, real));
        for (auto& [cell, put] : call.tokens) cell->tokens.Correct(put, real);
        call.corrected = true;
      } else {
        ASSERT_TRUE(limiter.Release(call.id));
        for (Cell* cell : call.cells) --cell->under_way;
        open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
      }
      continue;
    }
    const Axes axes = With({{Axis::kKey, below(2) != 0 ? "k1" : "k0"}, {Axis::kProject, below(2) != 0 ? "p1" : "p2"}});
    const int64_t tokens = below(1500);
    std::vector<Cell*> matching;
    bool fits = true;
    for (size_t i = 0; i < limits.size(); ++i) {
      const RateLimit& limit = limits[i];
      if (!limit.calls.Matches(axes)) continue;
      const std::string key = limit.calls.each.empty() ? "" : axes[static_cast<size_t>(Axis::kKey)];
      Cell& cell = cells
                       .try_emplace({i, key}, Cell{{limit.requests, limit.period_ms, limit.burst_requests},
                                                   {limit.tokens, limit.period_ms, limit.burst_tokens}})
                       .first->second;
      matching.push_back(&cell);
      fits = fits && cell.requests.Fits(1, now_ms) && cell.tokens.Fits(tokens, now_ms) &&
             cell.under_way < limit.concurrent;
    }
    const auto outcome = *limiter.Admit({axes, tokens, now_ms});
    ASSERT_EQ(std::holds_alternative<LeaseId>(outcome), fits) << "seed " << seed << ", step " << step;
    if (!fits) continue;
    Call call{std::get<LeaseId>(outcome), tokens, {}, matching};
    for (Cell* cell : matching) {
      cell->requests.Put(1, now_ms);
      call.tokens.emplace_back(cell, cell->tokens.Put(tokens, now_ms));
      ++cell->under_way;
    }
    open.push_back(std::move(call));
  }
  for (const auto& [id, cell] : cells) {
    cell.requests.CheckBound();
    if (estimates_are_bounds) cell.tokens.CheckBound();
    ASSERT_GE(cell.under_way, 0);
  }
}

TEST(RateLimiter, DoesWhatAReplayOfTheWholeHistoryWouldDo) {
  for (uint64_t seed = 1; seed <= 1500; ++seed) {
    RunHistory(seed, seed % 2 == 0);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace tokenfoundry::ledger
