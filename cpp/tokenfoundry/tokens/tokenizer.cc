#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tokenfoundry/base/mapped_file.h"
#include "tokenfoundry/tokens/merge_internal.h"
#include "tokenfoundry/tokens/normalize_internal.h"
#include "tokenfoundry/tokens/special_set_internal.h"
#include "tokenfoundry/tokens/tokens.h"
#include "tokenfoundry/tokens/vocabulary_internal.h"
#include "tokenfoundry/tokens/walk_internal.h"

namespace tokenfoundry::tokens {

namespace {

// Calls `take(part, special)` for each part of the text as it is to be cut, and the special token behind it: null
// behind the last.
template <typename Take>
void ForEachPart(std::string_view text, uint32_t rules, const SpecialFinder& special, Take&& take) {
  std::string storage;
  for (size_t at = 0;;) {
    const SpecialFinder::Found found = special.Next(text, at);
    const size_t end = found.token == nullptr ? text.size() : found.begin;
    take(Normalized(text.substr(at, end - at), rules, at == 0, &storage), found.token);
    if (found.token == nullptr) return;
    at = found.end;
  }
}

// Appends the ids of a text without special tokens, which was normalized.
void AppendOrdinary(const Vocabulary& vocabulary, Learnt& learnt, std::string_view text, Ids* ids) {
  const size_t before = ids->size();
  AppendIds(vocabulary, learnt, text, ids);
  if (vocabulary.has_own_ids()) vocabulary.TokensToIds(std::span(*ids).subspan(before));
}

}  // namespace

struct Tokenizer::Parts {
  std::unique_ptr<const MappedFile> file;     // What `vocabulary` borrows:
  std::unique_ptr<const std::string> memory;  // one of the two.
  Vocabulary vocabulary;
  std::string name;
  SpecialSet special;
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
  return Of(std::move(file), nullptr, *std::move(vocabulary));
}

absl::StatusOr<std::unique_ptr<const Tokenizer>> Tokenizer::FromTable(std::string table) {
  auto memory = std::make_unique<const std::string>(std::move(table));
  TF_ASSIGN_OR_RETURN(Vocabulary vocabulary, Vocabulary::Check(*memory));
  return Of(nullptr, std::move(memory), std::move(vocabulary));
}

absl::StatusOr<std::unique_ptr<const Tokenizer>> Tokenizer::Renamed(
    std::unique_ptr<const Tokenizer> base, std::string name,
    std::vector<std::pair<uint32_t, std::string>> special_tokens) {
  Parts& from = *base->parts_;
  std::vector<SpecialToken> special;
  std::sort(special_tokens.begin(), special_tokens.end());
  for (auto& [id, text] : special_tokens) {
    if (from.vocabulary.TokenOfId(id) != kNoToken || id >= kIdLimit || text.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("the special token ", text, " cannot have the id ", id));
    }
    special.push_back({id, std::move(text), 0});
  }
  std::unique_ptr<Parts> parts(new Parts{std::move(from.file),
                                         std::move(from.memory),
                                         std::move(from.vocabulary),
                                         std::move(name),
                                         SpecialSet(std::move(special)),
                                         {}});
  return std::unique_ptr<const Tokenizer>(new Tokenizer(std::move(parts)));
}

std::unique_ptr<const Tokenizer> Tokenizer::Of(std::unique_ptr<const MappedFile> file,
                                               std::unique_ptr<const std::string> memory, Vocabulary vocabulary) {
  std::string name(vocabulary.name());
  SpecialSet special(vocabulary.Specials());
  std::unique_ptr<Parts> parts(
      new Parts{std::move(file), std::move(memory), std::move(vocabulary), std::move(name), std::move(special), {}});
  return std::unique_ptr<const Tokenizer>(new Tokenizer(std::move(parts)));
}

std::string_view Tokenizer::name() const { return parts_->name; }
uint32_t Tokenizer::n_vocab() const { return std::max(parts_->vocabulary.id_end(), parts_->special.id_end()); }

Ids Tokenizer::Encode(std::string_view text) const {
  Ids ids;
  EncodeTo(text, &ids);
  return ids;
}

void Tokenizer::EncodeTo(std::string_view text, Ids* ids) const {
  const LearntPool::Lease learnt(&parts_->learnt);
  std::string storage;
  AppendOrdinary(parts_->vocabulary, *learnt, Normalized(text, parts_->vocabulary.text_rules(), true, &storage), ids);
}

Ids Tokenizer::EncodeWithAllSpecial(std::string_view text) const {
  Ids ids;
  EncodeAround(text, parts_->special.all_allowed(), &ids);
  return ids;
}

absl::StatusOr<Ids> Tokenizer::EncodeWithSpecial(std::string_view text,
                                                 std::span<const std::string_view> special) const {
  std::vector<const SpecialToken*> allowed;
  for (const std::string_view name_of_token : special) {
    allowed.push_back(parts_->special.ByText(name_of_token));
    if (allowed.back() == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat(AbslView(name()), " has no special token ", AbslView(name_of_token)));
    }
  }
  Ids ids;
  EncodeAround(text, SpecialFinder(allowed), &ids);
  return ids;
}

// Appends the ids of `text`, where what `special` finds is one.
void Tokenizer::EncodeAround(std::string_view text, const SpecialFinder& special, Ids* ids) const {
  const LearntPool::Lease learnt(&parts_->learnt);
  const Vocabulary& vocabulary = parts_->vocabulary;
  ForEachPart(text, vocabulary.text_rules(), special, [&](std::string_view part, const SpecialToken* found) {
    AppendOrdinary(vocabulary, *learnt, part, ids);
    if (found != nullptr) ids->push_back(found->id);
  });
}

size_t Tokenizer::LastPieceBegin(std::string_view text) const {
  const PieceEnd piece_end = PieceEndOf(parts_->vocabulary.pretokenizer());
  const char* last = text.data();
  for (const char *at = last, *const end = at + text.size(); at < end; at = piece_end(at, end)) last = at;
  return static_cast<size_t>(last - text.data());
}

Ids Tokenizer::EncodeUncut(std::string_view bytes) const {
  const Vocabulary& vocabulary = parts_->vocabulary;
  if (bytes.empty()) return {};
  Merger merger(vocabulary);
  const std::span<const uint32_t> tokens = merger.Merge(bytes);
  Ids ids(tokens.begin(), tokens.end());
  if (vocabulary.has_own_ids()) vocabulary.TokensToIds(ids);
  return ids;
}

std::vector<std::pair<uint32_t, std::string_view>> Tokenizer::SpecialTokens() const {
  std::vector<std::pair<uint32_t, std::string_view>> tokens;
  for (const SpecialToken& token : parts_->special.all()) {
    if ((token.traits & kNever) == 0) tokens.emplace_back(token.id, token.text);
  }
  return tokens;
}

std::optional<uint32_t> Tokenizer::TokenOf(std::string_view bytes) const {
  if (bytes.empty()) return std::nullopt;
  if (const uint32_t token = parts_->vocabulary.Find(bytes); token != kNoToken) return parts_->vocabulary.IdOf(token);
  const SpecialToken* const special = parts_->special.ByText(bytes);
  return special == nullptr ? std::nullopt : std::optional(special->id);
}

uint64_t Tokenizer::Count(std::string_view text) const { return CountUpTo(text, UINT64_MAX - 1); }

uint64_t Tokenizer::CountUpTo(std::string_view text, uint64_t limit) const {
  const LearntPool::Lease learnt(&parts_->learnt);
  const Vocabulary& vocabulary = parts_->vocabulary;
  std::string storage;
  const std::string_view part = Normalized(text, vocabulary.text_rules(), true, &storage);
  return std::min(CountIdsUpTo(vocabulary, *learnt, part, limit), limit + 1);
}

absl::StatusOr<std::string> Tokenizer::Decode(std::span<const uint32_t> ids) const {
  const Vocabulary& vocabulary = parts_->vocabulary;
  std::string bytes;
  bytes.reserve(ids.size() * 4);
  for (const uint32_t id : ids) {
    const uint32_t token = vocabulary.TokenOfId(id);
    if (token != kNoToken) {
      bytes.append(vocabulary.Bytes(token));
      continue;
    }
    const SpecialToken* const special = parts_->special.ById(id);
    if (special == nullptr)
      return absl::InvalidArgumentError(absl::StrCat(AbslView(name()), " has no token with id ", id));
    bytes.append(special->text);
  }
  return bytes;
}

bool Tokenizer::drops_first_space() const { return (parts_->vocabulary.text_rules() & kDropsFirstSpace) != 0; }

}  // namespace tokenfoundry::tokens
