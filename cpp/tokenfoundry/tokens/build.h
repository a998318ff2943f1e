// Writes a vocabulary table (FORMAT.md) from what a model's file says. Used at build time, for files that a user names
// and by tests; no state, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tokenfoundry/base/hash.h"
#include "tokenfoundry/base/status.h"
#include "tokenfoundry/tokens/terms.h"

namespace tokenfoundry::tokens {

using PairTokens = std::unordered_map<uint64_t, uint32_t>;  // PairKey(left, right) to the merged token.

struct VocabularySource {
  std::string name;
  Pretokenizer pretokenizer = Pretokenizer::kO200k;
  uint32_t text_rules = 0;                   // TextRule
  std::vector<std::string> tokens;           // By rank. Each single byte is among them.
  std::vector<uint32_t> ids;                 // Of `tokens`; empty: the rank is the id.
  std::optional<PairTokens> pairs;           // None: any two tokens merge that spell a third.
  std::vector<SpecialToken> special_tokens;  // With ascending ids, which only those of any text share with `tokens`.
  Digest sha256 = {};                        // Of the file.
};

// The tokens of a rank file and their ids: lines of base64, space, decimal id, which ascend from 0 and leave out only
// the ids of special tokens. kInvalidArgument names the line that is not one. A file that is cut at the end of a line
// tells so only by the special token that no longer follows the last one: it must follow, unless the file is known to
// be whole.
absl::Status ReadRanks(std::string_view file, bool is_known_whole, VocabularySource* source);

// A vocabulary whose merges are listed, with ids of their own.
struct MergeList {
  struct Token {
    uint32_t id;
    std::string text;
  };
  struct Merge {
    uint32_t left, right, merged;  // Ids.
  };
  std::vector<Token> tokens;        // Each with other bytes.
  std::vector<Merge> merges;        // By rank.
  std::array<uint32_t, 256> bytes;  // The id of each byte's token; all ones: none, of a byte that no UTF-8 has.
  bool takes_whole_pieces = false;  // A piece that is a token is that token, whatever merges.
};

// Sets the tokens, ids and pairs of `source`, whose rules say where merging starts. kInvalidArgument for a list that
// does not fit together.
absl::Status ReadMerges(const MergeList& list, VocabularySource* source);

// kInvalidArgument when the source breaks a rule of the format: a byte without a token, a token twice, too many.
absl::StatusOr<std::string> BuildTable(const VocabularySource& source);

}  // namespace tokenfoundry::tokens
