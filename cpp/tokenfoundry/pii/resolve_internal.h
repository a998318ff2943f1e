// Which findings stay when several cover the same text.
#pragma once

#include <vector>

#include "tokenfoundry/pii/candidate_internal.h"

namespace tokenfoundry::pii {

// Leaves candidates that do not overlap, in order of start. The stronger proof wins, then the longer, then the surer,
// then the one further left, then the entity named first; a denied word inside something longer is part of that.
// O(n log n).
void Resolve(std::vector<Candidate>* candidates);

}  // namespace tokenfoundry::pii
