#include "tokenfoundry/ledger/rate_limits.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <unordered_set>

#include "tokenfoundry/ledger/gcra_internal.h"

namespace tokenfoundry::ledger {
namespace {

constexpr int64_t kPeriod_ms_max = 366 * 86'400'000LL;
constexpr int64_t kMaxTime_ms = int64_t{1} << 48;  // The year 10889.
constexpr int64_t kStandsStill_ms = 10'000;        // A clock that goes back further was set.
constexpr int64_t kRetryOpen_ms = 1000;            // Nobody knows when an open call ends: ask again then.
constexpr int64_t kPeriodsOfOneCall = 1440;        // A day, of a limit per minute.
constexpr size_t kAxisBytes_max = 1024;
constexpr size_t kCellsKept = 64;     // So few are not worth looking through.
constexpr size_t kBucketsLooked = 4;  // At each call, for cells to forget.

absl::Status ValidateNumber(const char* field, int64_t number, int64_t least, int64_t most) {
  if (number >= least && number <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(std::string(field) + ": not in [" + std::to_string(least) + ", " +
                                    std::to_string(most) + "]");
}

absl::Status ValidateCall(const Axes& axes, int64_t now_ms) {
  for (size_t i = 0; i < kAxes; ++i) {
    if (axes[i].size() <= kAxisBytes_max) continue;
    return absl::InvalidArgumentError("axes." + std::string(kAxisNames[i]) + ": over 1024 bytes");
  }
  return ValidateNumber("now", now_ms, 0, kMaxTime_ms - 1);
}

Rate RateOf(int64_t amount, int64_t burst, int64_t period_ms) {
  return {amount, period_ms, burst > 0 ? burst : amount};
}

bool SelectsByTarget(const Selector& calls) {
  const auto by = [&](Axis axis) {
    return !calls.match[static_cast<size_t>(axis)].empty() ||
           std::find(calls.each.begin(), calls.each.end(), axis) != calls.each.end();
  };
  return by(Axis::kModel) || by(Axis::kRegion);
}

// As full as before, in the ticks of another rate; a part of a tick counts as a whole one.
Ticks Rebased(const Rate& from, const Rate& to, Ticks empty_at, int64_t now_ms) {
  if (!from.limits() || !to.limits()) return 0;
  const Ticks filled = from.Filled(empty_at, now_ms);
  const Ticks units = filled / from.period_ms, rest = filled % from.period_ms;
  return to.At(now_ms) + units * to.period_ms + CeilDiv(rest * to.period_ms, from.period_ms);
}

}  // namespace

struct RateLimiter::Cell {
  Ticks requests_empty_at = 0;
  CorrectableBucket tokens;
  int64_t under_way = 0;
  int64_t leases = 0;  // That point here.
};

// A limit and its cells.
struct RateLimiter::Meter : std::enable_shared_from_this<RateLimiter::Meter> {
  RateLimit limit;
  Rate requests;
  Rate tokens;
  bool by_target = false;
  int64_t refused = 0;
  int64_t generation = 0;  // Of its token buckets: a lease of an earlier one has nothing to correct.
  std::unordered_map<std::string, Cell> cells;
  size_t next_bucket = 0;  // Where to look next for cells to forget.
  std::string key;         // Of the cell last asked for; here to save an allocation.

  void Use(const RateLimit& used) {
    limit = used;
    requests = RateOf(used.requests, used.burst_requests, used.period_ms);
    tokens = RateOf(used.tokens, used.burst_tokens, used.period_ms);
    by_target = SelectsByTarget(used.calls);
  }

  // What of the limit a part of an admission takes.
  bool TakesCall(Part part) const { return part == Part::kWhole || by_target == (part == Part::kAttempt); }
  bool TakesTokens(Part part) const { return part != Part::kCall && tokens.limits(); }

  // Lengths stand before the values, so that no two combinations of values share a key.
  const std::string& KeyOf(const Axes& axes) {
    key.clear();
    for (const Axis axis : limit.calls.each) {
      const std::string& value = axes[static_cast<size_t>(axis)];
      key.push_back(static_cast<char>(value.size() & 0xff));
      key.push_back(static_cast<char>(value.size() >> 8));
      key.append(value);
    }
    return key;
  }

  std::vector<std::pair<Axis, std::string>> EachOf(std::string_view cell_key) const {
    std::vector<std::pair<Axis, std::string>> each;
    for (const Axis axis : limit.calls.each) {
      const size_t size = static_cast<uint8_t>(cell_key[0]) | static_cast<size_t>(static_cast<uint8_t>(cell_key[1]))
                                                                  << 8;
      each.emplace_back(axis, cell_key.substr(2, size));
      cell_key.remove_prefix(2 + size);
    }
    return each;
  }

  bool IsIdle(const Cell& cell, int64_t time_ms) const {
    return cell.leases == 0 && requests.Filled(cell.requests_empty_at, time_ms) == 0 &&
           tokens.Filled(cell.tokens.empty_at(), time_ms) == 0;
  }

  // Looks through a few buckets. A call makes one cell at most, so what is idle never outnumbers what is not by much.
  void ForgetIdle(int64_t time_ms) {
    if (cells.size() <= kCellsKept) return;
    for (size_t looked = 0; looked < kBucketsLooked; ++looked) {
      next_bucket = (next_bucket + 1) % cells.bucket_count();
      std::optional<std::string> idle;
      for (auto cell = cells.begin(next_bucket); cell != cells.end(next_bucket) && !idle; ++cell) {
        if (IsIdle(cell->second, time_ms)) idle = cell->first;
      }
      if (idle) cells.erase(*idle);
    }
  }

  void AddLevels(const Cell& cell, int64_t time_ms, std::vector<RateLevel>* levels) const {
    const auto add = [&](Metered what, const Rate& rate, Ticks empty_at) {
      if (!rate.limits()) return;
      RateLevel level{limit.name, what, rate.amount, rate.period_ms, rate.Left(empty_at, time_ms), 0, 0};
      if (rate.Filled(empty_at, time_ms) > 0) {
        const int64_t next_ms = level.left < rate.burst ? rate.FitsAt_ms(empty_at, level.left + 1) - time_ms : 0;
        level.next_ms = std::max<int64_t>(0, next_ms);
        level.reset_ms = rate.EmptyAt_ms(empty_at) - time_ms;
      }
      levels->push_back(std::move(level));
    };
    add(Metered::kRequests, requests, cell.requests_empty_at);
    add(Metered::kTokens, tokens, cell.tokens.empty_at());
    if (limit.concurrent > 0) {
      const int64_t left = std::max<int64_t>(0, limit.concurrent - cell.under_way);
      levels->push_back({limit.name, Metered::kConcurrent, limit.concurrent, 0, left, 0, 0});
    }
  }
};

struct RateLimiter::Place {
  std::shared_ptr<Meter> meter;
  Cell* cell;
  bool counted;  // As a call under way.
  int64_t generation;
  std::optional<CorrectableBucket::Handle> tokens;
};

struct RateLimiter::Lease {
  std::vector<Place> places;
  bool corrected = false;
};

absl::Status RateLimit::Validate() const {
  if (name.empty()) return absl::InvalidArgumentError("name: empty");
  TF_RETURN_IF_ERROR(calls.Validate());
  TF_RETURN_IF_ERROR(ValidateNumber("requests", requests, 0, kMaxAmount));
  TF_RETURN_IF_ERROR(ValidateNumber("tokens", tokens, 0, kMaxAmount));
  TF_RETURN_IF_ERROR(ValidateNumber("concurrent", concurrent, 0, kMaxAmount));
  TF_RETURN_IF_ERROR(ValidateNumber("burst_requests", burst_requests, 0, kMaxAmount));
  TF_RETURN_IF_ERROR(ValidateNumber("burst_tokens", burst_tokens, 0, kMaxAmount));
  TF_RETURN_IF_ERROR(ValidateNumber("period", period_ms, 1, kPeriod_ms_max));
  if (requests == 0 && tokens == 0 && concurrent == 0) {
    return absl::InvalidArgumentError("limit " + name + " limits nothing: give it requests, tokens or concurrent");
  }
  if (burst_requests > 0 && requests == 0) return absl::InvalidArgumentError("burst_requests: needs requests");
  if (burst_tokens > 0 && tokens == 0) return absl::InvalidArgumentError("burst_tokens: needs tokens");
  return absl::OkStatus();
}

RateLimiter::RateLimiter() = default;
RateLimiter::~RateLimiter() = default;

int64_t RateLimiter::TimeAt(int64_t now_ms) {
  now_ms = std::clamp<int64_t>(now_ms, 0, kMaxTime_ms - 1);
  if (now_ms > seen_ms_) {
    time_ms_ = std::min(time_ms_ + (now_ms - seen_ms_), kMaxTime_ms);
    seen_ms_ = now_ms;
  } else if (seen_ms_ - now_ms > kStandsStill_ms) {
    seen_ms_ = now_ms;
  }
  return time_ms_;
}

absl::Status RateLimiter::SetLimits(const std::vector<RateLimit>& limits, int64_t now_ms) {
  TF_RETURN_IF_ERROR(ValidateCall({}, now_ms));
  std::unordered_set<std::string> names;
  for (const RateLimit& limit : limits) {
    if (absl::Status valid = limit.Validate(); !valid.ok()) return valid;
    if (!names.insert(limit.name).second) {
      return absl::InvalidArgumentError("two limits are called " + limit.name);
    }
  }
  const std::lock_guard lock(mu_);
  const int64_t time_ms = TimeAt(now_ms);
  std::unordered_map<std::string, std::shared_ptr<Meter>> known;
  for (auto& meter : meters_) known.emplace(meter->limit.name, std::move(meter));
  meters_.clear();
  for (const RateLimit& limit : limits) {
    const auto found = known.find(limit.name);
    if (found == known.end() || !(found->second->limit.calls == limit.calls)) {
      meters_.push_back(std::make_shared<Meter>());
      meters_.back()->Use(limit);
      continue;
    }
    Meter& meter = *found->second;
    const Rate requests = meter.requests, tokens = meter.tokens;
    meter.Use(limit);
    const bool other_tokens = tokens.amount != meter.tokens.amount || tokens.period_ms != meter.tokens.period_ms;
    if (other_tokens) ++meter.generation;
    for (auto& [key, cell] : meter.cells) {
      cell.requests_empty_at = Rebased(requests, meter.requests, cell.requests_empty_at, time_ms);
      if (other_tokens) cell.tokens.Rebase(Rebased(tokens, meter.tokens, cell.tokens.empty_at(), time_ms));
    }
    meters_.push_back(found->second);
  }
  std::vector<Selector> selectors;
  for (const auto& meter : meters_) selectors.push_back(meter->limit.calls);
  index_ = SelectorIndex(std::move(selectors));
  return absl::OkStatus();
}

template <typename Visit>
void RateLimiter::ForEachMatch(const Axes& axes, Part part, const Visit& visit) {
  for (const uint32_t i : index_.Matching(axes)) {
    if (!meters_[i]->by_target || part != Part::kCall) visit(meters_[i].get());
  }
}

absl::StatusOr<std::variant<LeaseId, Limited>> RateLimiter::Admit(const AdmitRequest& request) {
  TF_RETURN_IF_ERROR(ValidateCall(request.axes, request.now_ms));
  TF_RETURN_IF_ERROR(ValidateNumber("tokens", request.tokens, 0, kMaxAmount));
  const std::lock_guard lock(mu_);
  const int64_t time_ms = TimeAt(request.now_ms);
  std::optional<Limited> refusal;
  Meter* refusing = nullptr;
  // `retry_at_ms` in the limiter's time until the end.
  const auto refuse = [&](Meter* meter, Limited limited) {
    const bool longer = !refusal || (limited.never_fits && !refusal->never_fits) ||
                        (limited.never_fits == refusal->never_fits && limited.retry_at_ms > refusal->retry_at_ms);
    if (!longer) return;
    refusal = std::move(limited);
    refusing = meter;
  };
  matched_.clear();
  ForEachMatch(request.axes, request.part, [&](Meter* meter) {
    meter->ForgetIdle(time_ms);
    const bool call = meter->TakesCall(request.part);
    if (!call && !meter->TakesTokens(request.part)) return;
    Cell& cell = meter->cells.try_emplace(meter->KeyOf(request.axes)).first->second;
    matched_.emplace_back(meter, &cell);
    const RateLimit& limit = meter->limit;
    if (call && meter->requests.limits()) {
      const int64_t fits_at_ms = meter->requests.FitsAt_ms(cell.requests_empty_at, 1);
      if (fits_at_ms > time_ms) {
        refuse(meter, {limit.name, Metered::kRequests, false, fits_at_ms, limit.requests, limit.period_ms, 0, 1});
      }
    }
    if (call && limit.concurrent > 0 && cell.under_way >= limit.concurrent) {
      refuse(meter, {limit.name, Metered::kConcurrent, false, time_ms + kRetryOpen_ms, limit.concurrent, 0, 0, 1});
    }
    if (meter->TakesTokens(request.part)) {
      const Ticks empty_at = cell.tokens.empty_at();
      const int64_t left = meter->tokens.Left(empty_at, time_ms);
      if (request.tokens > meter->tokens.burst) {
        refuse(meter, {limit.name, Metered::kTokens, true, time_ms, meter->tokens.burst, limit.period_ms, left,
                       request.tokens});
      } else if (const int64_t fits_at_ms = meter->tokens.FitsAt_ms(empty_at, request.tokens); fits_at_ms > time_ms) {
        refuse(meter,
               {limit.name, Metered::kTokens, false, fits_at_ms, limit.tokens, limit.period_ms, left, request.tokens});
      }
    }
  });
  if (refusal) {
    ++refusing->refused;
    refusal->retry_at_ms += seen_ms_ - time_ms;
    return std::variant<LeaseId, Limited>(*std::move(refusal));
  }
  if (matched_.empty()) return std::variant<LeaseId, Limited>(LeaseId::kNone);
  Lease& lease = leases_[++last_lease_];
  lease.places.reserve(matched_.size());
  for (const auto& [meter, cell] : matched_) {
    Place place{meter->shared_from_this(), cell, meter->TakesCall(request.part), meter->generation, std::nullopt};
    ++cell->leases;
    if (place.counted) {
      ++cell->under_way;
      cell->requests_empty_at = meter->requests.limits() ? meter->requests.Add(cell->requests_empty_at, 1, time_ms) : 0;
    }
    if (meter->TakesTokens(request.part)) place.tokens = cell->tokens.Add(meter->tokens, request.tokens, time_ms);
    lease.places.push_back(std::move(place));
  }
  return std::variant<LeaseId, Limited>(LeaseId{last_lease_});
}

absl::StatusOr<bool> RateLimiter::Correct(LeaseId id, int64_t real_tokens) {
  TF_RETURN_IF_ERROR(ValidateNumber("tokens", real_tokens, 0, kMaxAmount));
  const std::lock_guard lock(mu_);
  const auto found = leases_.find(static_cast<uint64_t>(id));
  if (found == leases_.end() || found->second.corrected) return false;
  found->second.corrected = true;
  for (Place& place : found->second.places) {
    if (!place.tokens || place.generation != place.meter->generation) continue;
    const Rate& rate = place.meter->tokens;
    const Ticks most = static_cast<Ticks>(rate.amount) * kPeriodsOfOneCall + rate.burst;
    place.cell->tokens.Correct(rate, *place.tokens, static_cast<int64_t>(std::min<Ticks>(real_tokens, most)));
    place.tokens.reset();
  }
  return true;
}

bool RateLimiter::Release(LeaseId id) {
  const std::lock_guard lock(mu_);
  const auto found = leases_.find(static_cast<uint64_t>(id));
  if (found == leases_.end()) return false;
  for (Place& place : found->second.places) {
    if (place.counted) --place.cell->under_way;
    if (place.tokens && place.generation == place.meter->generation) place.cell->tokens.Keep(*place.tokens);
    --place.cell->leases;
  }
  leases_.erase(found);
  return true;
}

std::vector<RateLevel> RateLimiter::Status(const Axes& axes, int64_t now_ms, Part part) {
  std::array<std::optional<RateLevel>, 3> tightest;
  std::vector<RateLevel> levels;
  const std::lock_guard lock(mu_);
  const int64_t time_ms = TimeAt(now_ms);
  const Cell empty;
  ForEachMatch(axes, part, [&](Meter* meter) {
    const auto found = meter->cells.find(meter->KeyOf(axes));
    meter->AddLevels(found == meter->cells.end() ? empty : found->second, time_ms, &levels);
  });
  for (RateLevel& level : levels) {
    auto& least = tightest[static_cast<size_t>(level.what)];
    const auto rank = [](const RateLevel& of) { return std::tuple(of.left, -of.next_ms, of.amount); };
    if (!least || rank(level) < rank(*least)) least = std::move(level);
  }
  levels.clear();
  for (auto& level : tightest) {
    if (level) levels.push_back(*std::move(level));
  }
  return levels;
}

std::vector<CellState> RateLimiter::Cells(int64_t now_ms) {
  std::vector<CellState> states;
  const std::lock_guard lock(mu_);
  const int64_t time_ms = TimeAt(now_ms);
  for (const auto& meter : meters_) {
    for (const auto& [key, cell] : meter->cells) {
      if (meter->IsIdle(cell, time_ms)) continue;
      states.push_back({meter->limit.name, meter->EachOf(key), {}});
      meter->AddLevels(cell, time_ms, &states.back().levels);
    }
  }
  return states;
}

std::vector<std::pair<std::string, int64_t>> RateLimiter::Refused() const {
  std::vector<std::pair<std::string, int64_t>> refused;
  const std::lock_guard lock(mu_);
  for (const auto& meter : meters_) refused.emplace_back(meter->limit.name, meter->refused);
  return refused;
}

size_t RateLimiter::cells() const {
  const std::lock_guard lock(mu_);
  size_t count = 0;
  for (const auto& meter : meters_) count += meter->cells.size();
  return count;
}

size_t RateLimiter::leases() const {
  const std::lock_guard lock(mu_);
  return leases_.size();
}

}  // namespace tokenfoundry::ledger
