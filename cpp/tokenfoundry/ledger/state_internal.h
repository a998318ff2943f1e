// The ledger's state in memory, complete here so that ledger.h need not show it.
#pragma once

#include <algorithm>

#include "tokenfoundry/ledger/codec_internal.h"
#include "tokenfoundry/ledger/ledger.h"

namespace tokenfoundry::ledger {

constexpr uint64_t kBlockEntries = 4096;
constexpr int64_t kRemember_ms = 7 * 24 * 3'600'000LL;  // Resolved ids, at least.
constexpr size_t kIdBytes_max = 256;
constexpr size_t kDetailBytes_max = 16 << 20;

struct Ledger::BudgetState {
  BudgetRecord record;
  Bounds latest{INT64_MAX, INT64_MIN};  // The window last asked for: almost always the next one too.

  const Bounds& BoundsAt(int64_t at_ms) {
    if (at_ms < latest.start_ms || at_ms >= latest.end_ms) latest = record.budget.window.BoundsAt(at_ms);
    return latest;
  }
};

struct Ledger::OpenHold {
  HoldRecord record;
  std::vector<Place> places;
};

// Entries of windows that begin in [from_ms, until_ms) count for this budget.
struct Ledger::FoldTarget {
  const BudgetRecord* record;
  int64_t from_ms;
  int64_t until_ms;
};

// Runs `operation` under the lock. When it meets a stall, waits it out with the lock open and runs it again.
template <typename Operation>
auto Ledger::Locked(store::OnStall on_stall, const Operation& operation) -> decltype(operation()) {
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

// 128 bits: the sum of three int64_t always fits.
inline int64_t LeftOf(int64_t cap, int64_t posted, int64_t held) {
  return static_cast<int64_t>(std::max<__int128>(0, static_cast<__int128>(cap) - posted - held));
}

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
