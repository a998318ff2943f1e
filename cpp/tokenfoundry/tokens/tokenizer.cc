#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tokenfoundry/base/mapped_file.h"
#include "tokenfoundry/tokens/tokens.h"
#include "tokenfoundry/tokens/vocabulary_internal.h"
#include "tokenfoundry/tokens/walk_internal.h"

namespace tokenfoundry::tokens {

struct Tokenizer::Parts {
  std::unique_ptr<const MappedFile> file;     // What `vocabulary` borrows:
  std::unique_ptr<const std::string> memory;  // one of the two.
  Vocabulary vocabulary;
  LearntPool learnt;
};

Tokenizer::Tokenizer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Tokenizer::~Tokenizer() = default;

absl::StatusOr<std::unique_ptr<const Tokenizer>> Tokenizer::Open(const std::string& path) {
  TF_ASSIGN_OR_RETURN(std::unique_ptr<const MappedFile> file, MappedFile::Open(path));
  absl::StatusOr<Vocabulary> vocabulary = Vocabulary::Check(file->bytes());
  if (!vocabulary.ok()) {
    const absl::Status& status = vocabulary.status();
    return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
  }
  std::unique_ptr<Parts> parts(new Parts{std::move(file), nullptr, *std::move(vocabulary), {}});
  return std::unique_ptr<const Tokenizer>(new Tokenizer(std::move(parts)));
}

absl::StatusOr<std::unique_ptr<const Tokenizer>> Tokenizer::FromTable(std::string table) {
  auto memory = std::make_unique<const std::string>(std::move(table));
  TF_ASSIGN_OR_RETURN(Vocabulary vocabulary, Vocabulary::Check(*memory));
  std::unique_ptr<Parts> parts(new Parts{nullptr, std::move(memory), std::move(vocabulary), {}});
  return std::unique_ptr<const Tokenizer>(new Tokenizer(std::move(parts)));
}

std::string_view Tokenizer::name() const { return parts_->vocabulary.name(); }
uint32_t Tokenizer::n_vocab() const { return parts_->vocabulary.n_vocab(); }

Ids Tokenizer::Encode(std::string_view text) const {
  Ids ids;
  EncodeTo(text, &ids);
  return ids;
}

void Tokenizer::EncodeTo(std::string_view text, Ids* ids) const {
  const LearntPool::Lease learnt(&parts_->learnt);
  AppendIds(parts_->vocabulary, *learnt, text, ids);
}

absl::StatusOr<Ids> Tokenizer::EncodeWithSpecial(std::string_view text,
                                                 std::span<const std::string_view> special) const {
  std::vector<uint32_t> special_ids;
  for (const std::string_view token : special) {
    const std::optional<uint32_t> id = parts_->vocabulary.FindSpecial(token);
    if (!id.has_value())
      return absl::InvalidArgumentError(absl::StrCat(AbslView(name()), " has no special token ", AbslView(token)));
    special_ids.push_back(*id);
  }
  std::vector<size_t> places(special.size(), 0);  // Where each comes next.
  Ids ids;
  for (size_t at = 0;;) {
    size_t next = std::string_view::npos, which = 0;
    for (size_t i = 0; i < special.size(); ++i) {
      if (places[i] != std::string_view::npos && (places[i] < at || at == 0)) places[i] = text.find(special[i], at);
      const bool is_longer =
          places[i] == next && next != std::string_view::npos && special[i].size() > special[which].size();
      if (places[i] < next || is_longer) next = places[i], which = i;
    }
    EncodeTo(text.substr(at, next - at), &ids);
    if (next == std::string_view::npos) return ids;
    ids.push_back(special_ids[which]);
    at = next + special[which].size();
  }
}

std::vector<std::pair<uint32_t, std::string_view>> Tokenizer::SpecialTokens() const {
  std::vector<std::pair<uint32_t, std::string_view>> tokens;
  for (const uint32_t id : parts_->vocabulary.special_ids()) tokens.emplace_back(id, parts_->vocabulary.Bytes(id));
  return tokens;
}

std::optional<uint32_t> Tokenizer::TokenOf(std::string_view bytes) const {
  if (bytes.empty()) return std::nullopt;
  if (const uint32_t id = parts_->vocabulary.Find(bytes); id != kNoToken) return id;
  return parts_->vocabulary.FindSpecial(bytes);
}

uint64_t Tokenizer::Count(std::string_view text) const { return CountUpTo(text, UINT64_MAX - 1); }

uint64_t Tokenizer::CountUpTo(std::string_view text, uint64_t limit) const {
  const LearntPool::Lease learnt(&parts_->learnt);
  return CountIdsUpTo(parts_->vocabulary, *learnt, text, limit);
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
