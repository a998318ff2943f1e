// From text to ids or to their number: pieces are cut some hundred at a time, looked up together, and what is no token
// is merged or remembered.
//
// Free functions; `learnt` belongs to the caller for the call.
#pragma once

#include <cstdint>
#include <string_view>

#include "tokenfoundry/tokens/learnt_internal.h"
#include "tokenfoundry/tokens/tokens.h"
#include "tokenfoundry/tokens/vocabulary_internal.h"

namespace tokenfoundry::tokens {

void AppendIds(const Vocabulary& vocabulary, Learnt& learnt, std::string_view text, Ids* ids);

// min(the number of ids, limit + 1).
uint64_t CountIdsUpTo(const Vocabulary& vocabulary, Learnt& learnt, std::string_view text, uint64_t limit);

}  // namespace tokenfoundry::tokens
