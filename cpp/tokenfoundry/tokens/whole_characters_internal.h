// Which characters merging may start from instead of their bytes, found while a table is built.
//
// A character of several bytes that is a token becomes that token early, unless one of its bytes merges with a byte of
// its neighbour first. Which pairs of tokens could do that, and how late, follows from the ranks. So each character has
// bits for what its end may do and bits for what its beginning may do; where the bits of two neighbours meet, the piece
// is merged from its bytes. DESIGN.md has the argument.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "tokenfoundry/tokens/table_internal.h"

namespace tokenfoundry::tokens {

// By code point, 0 to U+FFFF. `pairs` gives the id that PairKey(left, right) merges into.
std::vector<WholeCharacter> FindWholeCharacters(const std::vector<std::string>& tokens,
                                                const std::vector<uint32_t>& byte_ids,
                                                const std::unordered_map<uint64_t, uint32_t>& pairs);

}  // namespace tokenfoundry::tokens
