// Tokens: exactly the ids that OpenAI's tiktoken gives for a text, their number, and the text back from the ids.
//
// A Tokenizer is opened once from a precompiled table (FORMAT.md), which is memory-mapped and whose SHA-256 is checked
// before first use; from then on it is immutable and shared const. It is closed by destroying it.
// It writes nothing, so a crash loses nothing. A damaged or truncated table is kDataLoss at opening, never a smaller
// vocabulary. The table file must not be written in place while it is mapped: replace it by renaming.
//
// Thread-safe: every method is const and touches no shared mutable state. It survives fork(). Nothing blocks, except
// that the first touch of a mapped page reads it from disk. Time is O(n log n) in the worst text, linear in any text
// whose words are short.
//
// Units: text is UTF-8 and sizes are bytes; a byte that is not UTF-8 is a character of its own, so decoding the ids
// gives the same bytes back. Ids and counts are tokens. Text that spells a special token, such as <|endoftext|>, is
// ordinary text; only decoding knows special tokens.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/attributes.h"
#include "tokenfoundry/base/status.h"

namespace tokenfoundry::tokens {

class Tokenizer {
 public:
  // kNotFound when there is no such file, kDataLoss when it is not a whole and undamaged table.
  static absl::StatusOr<std::unique_ptr<const Tokenizer>> Open(const std::string& path);

  // The same from a table in memory, as BuildTable writes it.
  static absl::StatusOr<std::unique_ptr<const Tokenizer>> FromTable(std::string table);

  ~Tokenizer();
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  std::string_view name() const ABSL_ATTRIBUTE_LIFETIME_BOUND;  // "o200k_base"
  uint32_t n_vocab() const;  // The highest id, special tokens included, plus one; some ids below it may be unused.

  std::vector<uint32_t> Encode(std::string_view text) const;

  // The size of Encode(text), without making the ids.
  uint64_t Count(std::string_view text) const;

  // min(Count(text), limit + 1): exact up to `limit`; a larger result says only that there are more than `limit`.
  // Stops at the piece that passes the limit, and does not merge a piece that must pass it by its size.
  uint64_t CountUpTo(std::string_view text, uint64_t limit) const;

  // The bytes of the ids, one after the other; not UTF-8 when ids end within a character. kInvalidArgument for an id
  // that no token has.
  absl::StatusOr<std::string> Decode(std::span<const uint32_t> ids) const;

 private:
  struct Parts;
  explicit Tokenizer(std::unique_ptr<const Parts> parts);

  const std::unique_ptr<const Parts> parts_;
};

}  // namespace tokenfoundry::tokens
