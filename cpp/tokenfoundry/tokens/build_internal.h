// Writes a vocabulary table (FORMAT.md) from a .tiktoken rank file. Used at build time and by tests; no state, any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenfoundry/base/hash.h"
#include "tokenfoundry/base/status.h"
#include "tokenfoundry/tokens/pretokenizer_internal.h"

namespace tokenfoundry::tokens {

struct VocabularySource {
  std::string name;
  Pretokenizer pretokenizer = Pretokenizer::kO200k;
  std::vector<std::string> tokens;                               // By id. Each single byte is among them.
  std::vector<std::pair<uint32_t, std::string>> special_tokens;  // Ascending ids, above the others.
  Digest sha256 = {};                                            // Of the rank file.
};

// The tokens by id of a rank file: lines of base64, space, decimal id. kInvalidArgument names the line that is not one.
absl::StatusOr<std::vector<std::string>> ParseRanks(std::string_view file);

// kInvalidArgument when the source breaks a rule of the format: a byte without a token, a token twice, too many.
absl::StatusOr<std::string> BuildTable(const VocabularySource& source);

}  // namespace tokenfoundry::tokens
