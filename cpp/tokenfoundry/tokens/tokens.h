// Tokens: exactly the ids that a model's own tokenizer gives for a text (OpenAI's tiktoken, Hugging Face tokenizers),
// their number, and the text back from the ids.
//
// A Tokenizer is opened once from a precompiled table (FORMAT.md), which is memory-mapped and whose SHA-256 is checked
// before first use; from then on it is immutable and shared const. It is closed by destroying it.
// It writes nothing, so a crash loses nothing. A damaged or truncated table is kDataLoss at opening, never a smaller
// vocabulary. The table file must not be written in place while it is mapped: replace it by renaming.
//
// Thread-safe: every method is const; what calls learn lies in memory that one call has at a time. It survives fork().
// Nothing blocks, except that the first touch of a mapped page reads it from disk. Time is linear in any text.
//
// Units: text is UTF-8 and sizes are bytes; a byte that is not UTF-8 is a character of its own, so decoding the ids
// gives the same bytes back (or those of the composed text, where a vocabulary composes). Ids and counts are tokens.
// Text that spells a special token, such as <|endoftext|>, is ordinary text; only decoding and EncodeWithSpecial know
// special tokens, and among them those that a model's file adds without calling them special, such as <think>.
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/attributes.h"
#include "tokenfoundry/base/status.h"

namespace tokenfoundry {
class MappedFile;
}

namespace tokenfoundry::tokens {

class SpecialFinder;
class Vocabulary;

// A vector whose resize() leaves new elements unset: they are about to be written.
template <typename T>
struct UnsetAllocator : std::allocator<T> {
  template <typename U>
  struct rebind {
    using other = UnsetAllocator<U>;
  };
  template <typename U>
  void construct(U* at) noexcept {
    ::new (static_cast<void*>(at)) U;
  }
  template <typename U, typename... Arguments>
  void construct(U* at, Arguments&&... arguments) {
    ::new (static_cast<void*>(at)) U(std::forward<Arguments>(arguments)...);
  }
};
using Ids = std::vector<uint32_t, UnsetAllocator<uint32_t>>;

// The ids of several texts, one text behind the other: those of text i are [offsets[i], offsets[i + 1]).
struct FlatIds {
  Ids ids;
  std::vector<uint64_t> offsets;
};

class Tokenizer {
 public:
  // kNotFound when there is no such file, kDataLoss when it is not a whole and undamaged table.
  static absl::StatusOr<std::unique_ptr<const Tokenizer>> Open(const std::string& path);

  // The same from a table in memory, as BuildTable writes it.
  static absl::StatusOr<std::unique_ptr<const Tokenizer>> FromTable(std::string table);

  // The same table under another name and with other special tokens (id, text), of which two may share an id: the first
  // in the order of texts is what it decodes to. kInvalidArgument for one with the id of an ordinary token.
  static absl::StatusOr<std::unique_ptr<const Tokenizer>> Renamed(
      std::unique_ptr<const Tokenizer> base, std::string name,
      std::vector<std::pair<uint32_t, std::string>> special_tokens);

  ~Tokenizer();
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  std::string_view name() const ABSL_ATTRIBUTE_LIFETIME_BOUND;  // "o200k_base"
  uint32_t n_vocab() const;  // The highest id, special tokens included, plus one; some ids below it may be unused.

  Ids Encode(std::string_view text) const;
  void EncodeTo(std::string_view text, Ids* ids) const;  // Appends.

  // The same, but where the text spells one of `special`, it is that special token: the first to come, of two that
  // begin together the longer one. kInvalidArgument for one that the vocabulary does not have.
  absl::StatusOr<Ids> EncodeWithSpecial(std::string_view text, std::span<const std::string_view> special) const;

  Ids EncodeWithAllSpecial(std::string_view text) const;

  // How `text` is cut before pieces become tokens: where its last piece begins. 0 for the empty text.
  size_t LastPieceBegin(std::string_view text) const;

  // The ids of some bytes that are merged without being cut, even where all of them are a token that no merge makes.
  Ids EncodeUncut(std::string_view bytes) const;

  // The size of Encode(text), without making the ids.
  uint64_t Count(std::string_view text) const;

  // min(Count(text), limit + 1): exact up to `limit`; a larger result says only that there are more than `limit`.
  // Stops at the piece that passes the limit, and does not merge a piece that must pass it by its size.
  uint64_t CountUpTo(std::string_view text, uint64_t limit) const;

  // Of many texts, on up to `threads` threads, 0 is one for each CPU; a text is worked on by one thread. Counts are
  // of texts below 4 GiB.
  std::vector<uint32_t> CountBatch(std::span<const std::string_view> texts, size_t threads) const;
  FlatIds EncodeBatch(std::span<const std::string_view> texts, size_t threads) const;

  // The special tokens, by id.
  std::vector<std::pair<uint32_t, std::string_view>> SpecialTokens() const ABSL_ATTRIBUTE_LIFETIME_BOUND;

  // The id of exactly these bytes, of a special token too.
  std::optional<uint32_t> TokenOf(std::string_view bytes) const;

  // The bytes of the ids, one after the other; not UTF-8 when ids end within a character. kInvalidArgument for an id
  // that no token has.
  absl::StatusOr<std::string> Decode(std::span<const uint32_t> ids) const;

  // Whether the text of whole ids begins with a space that encoding put there.
  bool drops_first_space() const;

 private:
  struct Parts;
  explicit Tokenizer(std::unique_ptr<Parts> parts);
  static std::unique_ptr<const Tokenizer> Of(std::unique_ptr<const MappedFile> file,
                                             std::unique_ptr<const std::string> memory, Vocabulary vocabulary);
  void EncodeAround(std::string_view text, const SpecialFinder& special, Ids* ids) const;

  const std::unique_ptr<Parts> parts_;
};

}  // namespace tokenfoundry::tokens
