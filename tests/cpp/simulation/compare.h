// Whether the ledger and the model say the same. An error names the first difference.
#pragma once

#include "tests/cpp/simulation/model.h"

namespace tokenfoundry::simulation {

absl::Status CompareReserved(const absl::StatusOr<Reserved>& is, const absl::StatusOr<Reserved>& should_be);
absl::Status ComparePosted(const absl::StatusOr<Posted>& is, const absl::StatusOr<Posted>& should_be);

// What is cheap to ask: after every step.
absl::Status CompareNow(Ledger& ledger, const Model& model, int64_t now_ms);
// Everything, and the ledger's own check.
absl::Status CompareAll(Ledger& ledger, const Model& model, int64_t now_ms);

// What a correction in `model` has taken of grants, or given back, is what it corrects: see compare.cc.
absl::Status CheckBurns(const Model& model, const Entry& correction);

}  // namespace tokenfoundry::simulation
