#include "tokenfoundry/ledger/amounts.h"

namespace tokenfoundry::ledger {
namespace {

absl::Status Validate(const Amounts& amounts, int64_t least) {
  for (size_t i = 0; i < kUnits; ++i) {
    if (amounts[i] >= least && amounts[i] <= kMaxAmount) continue;
    const char* const why = amounts[i] > 0 ? ": above 2**53" : least == 0 ? ": negative" : ": below -2**53";
    return absl::InvalidArgumentError("amounts." + std::string(kUnitNames[i]) + why);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateAmounts(const Amounts& amounts) { return Validate(amounts, 0); }
absl::Status ValidateDifference(const Amounts& amounts) { return Validate(amounts, -kMaxAmount); }

absl::Status ValidateTallies(const Tallies& tallies) {
  for (const int64_t tally : tallies) {
    if (tally < -kMaxAmount || tally > kMaxAmount) return absl::InvalidArgumentError("tallies: one exceeds 2**53");
  }
  return absl::OkStatus();
}

}  // namespace tokenfoundry::ledger
