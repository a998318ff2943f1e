#include <utility>

#include "absl/strings/str_cat.h"
#include "tokenfoundry/base/mapped_file.h"
#include "tokenfoundry/tokens/merge_internal.h"
#include "tokenfoundry/tokens/pretokenizer_internal.h"
#include "tokenfoundry/tokens/tokens.h"
#include "tokenfoundry/tokens/vocabulary_internal.h"

namespace tokenfoundry::tokens {

struct Tokenizer::Parts {
  std::unique_ptr<const MappedFile> file;     // What `vocabulary` borrows:
  std::unique_ptr<const std::string> memory;  // one of the two.
  Vocabulary vocabulary;
};

Tokenizer::Tokenizer(std::unique_ptr<const Parts> parts) : parts_(std::move(parts)) {}
Tokenizer::~Tokenizer() = default;

absl::StatusOr<std::unique_ptr<const Tokenizer>> Tokenizer::Open(const std::string& path) {
  TF_ASSIGN_OR_RETURN(std::unique_ptr<const MappedFile> file, MappedFile::Open(path));
  absl::StatusOr<Vocabulary> vocabulary = Vocabulary::Check(file->bytes());
  if (!vocabulary.ok()) {
    const absl::Status& status = vocabulary.status();
    return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
  }
  auto parts = std::make_unique<const Parts>(Parts{std::move(file), nullptr, *std::move(vocabulary)});
  return std::unique_ptr<const Tokenizer>(new Tokenizer(std::move(parts)));
}

absl::StatusOr<std::unique_ptr<const Tokenizer>> Tokenizer::FromTable(std::string table) {
  auto memory = std::make_unique<const std::string>(std::move(table));
  TF_ASSIGN_OR_RETURN(Vocabulary vocabulary, Vocabulary::Check(*memory));
  auto parts = std::make_unique<const Parts>(Parts{nullptr, std::move(memory), std::move(vocabulary)});
  return std::unique_ptr<const Tokenizer>(new Tokenizer(std::move(parts)));
}

std::string_view Tokenizer::name() const { return parts_->vocabulary.name(); }
uint32_t Tokenizer::n_vocab() const { return parts_->vocabulary.n_vocab(); }

std::vector<uint32_t> Tokenizer::Encode(std::string_view text) const {
  const Vocabulary& vocabulary = parts_->vocabulary;
  Merger merger(vocabulary);
  std::vector<uint32_t> ids;
  ids.reserve(text.size() / 4 + 4);  // English has 4 to 5 bytes a token.
  ForEachPiece(vocabulary.pretokenizer(), text, [&](std::string_view piece) {
    if (const uint32_t id = vocabulary.Find(piece); id != kNoToken) {
      ids.push_back(id);
    } else {
      const std::span<const uint32_t> merged = merger.Merge(piece);
      ids.insert(ids.end(), merged.begin(), merged.end());
    }
    return true;
  });
  return ids;
}

uint64_t Tokenizer::Count(std::string_view text) const { return CountUpTo(text, UINT64_MAX - 1); }

uint64_t Tokenizer::CountUpTo(std::string_view text, uint64_t limit) const {
  const Vocabulary& vocabulary = parts_->vocabulary;
  Merger merger(vocabulary);
  uint64_t count = 0;
  bool is_over = false;
  ForEachPiece(vocabulary.pretokenizer(), text, [&](std::string_view piece) {
    if (vocabulary.Find(piece) != kNoToken) {
      ++count;
    } else if (piece.size() / vocabulary.max_token_bytes() > limit - count) {
      is_over = true;  // However it merges: a piece of a megabyte need not be merged to know.
    } else {
      count += merger.Merge(piece).size();
    }
    is_over = is_over || count > limit;
    return !is_over;
  });
  return is_over ? limit + 1 : count;
}

absl::StatusOr<std::string> Tokenizer::Decode(std::span<const uint32_t> ids) const {
  std::string bytes;
  bytes.reserve(ids.size() * 4);
  for (const uint32_t id : ids) {
    const std::string_view token = parts_->vocabulary.Bytes(id);
    if (token.empty()) return absl::InvalidArgumentError(absl::StrCat(AbslView(name()), " has no token with id ", id));
    bytes.append(token);
  }
  return bytes;
}

}  // namespace tokenfoundry::tokens
