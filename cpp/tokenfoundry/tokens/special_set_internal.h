// The special tokens of a vocabulary, and where a text spells them.
//
// Both are immutable after they are made; any thread. SpecialFinder borrows what it finds.
#pragma once

#include <bitset>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tokenfoundry/tokens/terms.h"

namespace tokenfoundry::tokens {

// Finds the first of some tokens in a text: of two that begin together the longer one. Linear in the text.
class SpecialFinder {
 public:
  explicit SpecialFinder(std::span<const SpecialToken* const> tokens);

  // The bytes [begin, end) are `token`; null: there is none.
  struct Found {
    size_t begin = 0;
    size_t end = 0;
    const SpecialToken* token = nullptr;
  };
  Found Next(std::string_view text, size_t from) const;

 private:
  std::unordered_map<std::string_view, const SpecialToken*> tokens_;
  std::vector<size_t> sizes_;        // The different ones of their texts, the largest first.
  std::bitset<0x10000> beginnings_;  // The first two bytes of each; of a token of one byte, with any second one.
};

class SpecialSet {
 public:
  // In the order of their ids; of two that share one, the first is what it decodes to.
  explicit SpecialSet(std::vector<SpecialToken> tokens);
  SpecialSet(SpecialSet&&) = default;  // What it finds stays where it is.

  std::span<const SpecialToken> all() const { return tokens_; }
  uint32_t id_end() const { return tokens_.empty() ? 0 : tokens_.back().id + 1; }
  const SpecialToken* ById(uint32_t id) const;                       // Null: none.
  const SpecialToken* ByText(std::string_view text) const;           // Likewise.
  const SpecialFinder& all_allowed() const { return all_allowed_; }  // All but those that no text is.

 private:
  std::vector<const SpecialToken*> AllButNever() const;

  std::vector<SpecialToken> tokens_;
  SpecialFinder all_allowed_;
};

}  // namespace tokenfoundry::tokens
