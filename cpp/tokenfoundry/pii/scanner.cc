#include <hs/hs.h>

#include <algorithm>
#include <utility>

#include "tokenfoundry/base/check.h"
#include "tokenfoundry/base/endian.h"
#include "tokenfoundry/pii/database_cache_internal.h"
#include "tokenfoundry/pii/hyperscan_status.h"
#include "tokenfoundry/pii/scanner_internal.h"

namespace tokenfoundry::pii {
namespace {

using Kind = ScanPattern::Kind;

unsigned FlagsOf(const ScanPattern& pattern) {
  unsigned flags = pattern.caseless ? HS_FLAG_CASELESS : 0;
  if (pattern.kind != Kind::kAnchor) flags |= HS_FLAG_UTF8 | HS_FLAG_SOM_LEFTMOST;
  if (pattern.kind == Kind::kWords) flags |= HS_FLAG_UCP | HS_FLAG_CASELESS;
  return flags;
}

// Everything that the compiled bytes depend on.
std::string KeyMaterial(const std::vector<ScanPattern>& patterns, const hs_platform_info_t& platform) {
  std::string key;
  AppendSized(&key, hs_version());
  AppendLittle(&key, platform.tune);
  AppendLittle(&key, platform.cpu_features);
  for (const ScanPattern& pattern : patterns) {
    if (pattern.seek != nullptr) continue;
    AppendLittle(&key, FlagsOf(pattern));
    AppendSized(&key, pattern.regex);
  }
  return key;
}

struct Serialized {
  char* bytes = nullptr;  // From Hyperscan's allocator, which is malloc.
  size_t size = 0;
  ~Serialized() { std::free(bytes); }
};

struct ScanContext {
  const std::vector<ScanPattern>* patterns;
  Sightings* sightings;
};

int OnMatch(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void* opaque) {
  const auto& context = *static_cast<ScanContext*>(opaque);
  if ((*context.patterns)[id].kind == Kind::kAnchor) {
    context.sightings->anchor_ends[id].push_back(static_cast<uint32_t>(to));
    return 0;
  }
  // A repeat reports every end of one start in turn: only the longest is of use, and keeping one keeps memory linear.
  std::vector<Extent>& matches = context.sightings->matches[id];
  const Extent match{static_cast<uint32_t>(from), static_cast<uint32_t>(to)};
  if (!matches.empty() && matches.back().start == match.start) {
    matches.back().end = std::max(matches.back().end, match.end);
  } else {
    matches.push_back(match);
  }
  return 0;
}

// Empty, with the room kept, unless one huge text made it huge.
template <typename T>
void Reset(std::vector<T>* items) {
  constexpr size_t kKeptItems = 64 * 1024;
  if (items->capacity() > kKeptItems) *items = {};
  items->clear();
}

}  // namespace

void ScratchDeleter::operator()(hs_scratch* scratch) const { hs_free_scratch(scratch); }

Scanner::~Scanner() { hs_free_database(database_); }

absl::StatusOr<std::unique_ptr<const Scanner>> Scanner::Create(std::vector<ScanPattern> patterns,
                                                               const std::string& cache_dir) {
  TF_RETURN_IF_ERROR(HyperscanStatus(hs_valid_platform(), "run"));
  hs_platform_info_t platform = {};
  TF_RETURN_IF_ERROR(HyperscanStatus(hs_populate_platform(&platform), "tell the CPU"));

  std::unique_ptr<Scanner> scanner(new Scanner(std::move(patterns)));
  for (uint32_t i = 0; i < scanner->patterns_.size(); ++i) {
    if (scanner->patterns_[i].seek != nullptr) scanner->sought_.push_back(i);
  }
  if (scanner->sought_.size() == scanner->patterns_.size()) return scanner;
  const DatabaseCache cache(cache_dir, KeyMaterial(scanner->patterns_, platform));
  if (const std::optional<std::string> saved = cache.Load()) {
    scanner->loaded_from_cache_ =
        hs_deserialize_database(saved->data(), saved->size(), &scanner->database_) == HS_SUCCESS;
  }
  if (!scanner->loaded_from_cache_) {
    TF_RETURN_IF_ERROR(scanner->Compile());
    Serialized serialized;
    TF_RETURN_IF_ERROR(HyperscanStatus(hs_serialize_database(scanner->database_, &serialized.bytes, &serialized.size),
                                       "serialize the database"));
    cache.Store({serialized.bytes, serialized.size});
  }
  hs_scratch_t* scratch = nullptr;
  TF_RETURN_IF_ERROR(HyperscanStatus(hs_alloc_scratch(scanner->database_, &scratch), "allocate scratch space"));
  scanner->prototype_.reset(scratch);
  return scanner;
}

absl::Status Scanner::Compile() {
  std::vector<const char*> expressions;
  std::vector<unsigned> flags;
  std::vector<unsigned> ids;
  for (unsigned id = 0; id < patterns_.size(); ++id) {
    if (patterns_[id].seek != nullptr) continue;
    expressions.push_back(patterns_[id].regex.c_str());
    flags.push_back(FlagsOf(patterns_[id]));
    ids.push_back(id);
  }
  hs_compile_error_t* error = nullptr;
  const hs_error_t result =
      hs_compile_multi(expressions.data(), flags.data(), ids.data(), static_cast<unsigned>(expressions.size()),
                       HS_MODE_BLOCK, nullptr, &database_, &error);
  if (result == HS_SUCCESS) return absl::OkStatus();
  if (error == nullptr) return HyperscanStatus(result, "compile the patterns");
  const bool of_one = error->expression >= 0;
  return CompileStatus(error, of_one ? patterns_[ids[static_cast<size_t>(error->expression)]].name : "");
}

absl::StatusOr<std::unique_ptr<Workspace>> Scanner::NewWorkspace() const {
  auto workspace = std::make_unique<Workspace>();
  workspace->sightings.anchor_ends.resize(patterns_.size());
  workspace->sightings.matches.resize(patterns_.size());
  if (database_ == nullptr) return workspace;
  hs_scratch_t* scratch = nullptr;
  TF_RETURN_IF_ERROR(HyperscanStatus(hs_clone_scratch(prototype_.get(), &scratch), "clone scratch space"));
  workspace->scratch.reset(scratch);
  return workspace;
}

absl::Status Scanner::Scan(std::string_view text, Workspace* workspace) const {
  TF_DCHECK(text.size() <= kMaxTextBytes);
  Sightings* sightings = &workspace->sightings;
  for (auto& ends : sightings->anchor_ends) Reset(&ends);
  for (auto& matches : sightings->matches) Reset(&matches);
  if (!sought_.empty()) workspace->maps.Read(text);
  for (const uint32_t i : sought_) patterns_[i].seek(text, workspace->maps, &sightings->anchor_ends[i]);
  if (database_ == nullptr) return absl::OkStatus();
  ScanContext context{&patterns_, sightings};
  const char* bytes = text.empty() ? "" : text.data();
  TF_RETURN_IF_ERROR(HyperscanStatus(
      hs_scan(database_, bytes, static_cast<unsigned>(text.size()), 0, workspace->scratch.get(), OnMatch, &context),
      "scan the text"));
  // In practice matches of one pattern come in order of their end; Hyperscan's manual does not promise it.
  for (auto& ends : sightings->anchor_ends) {
    if (!std::is_sorted(ends.begin(), ends.end())) std::sort(ends.begin(), ends.end());
  }
  return absl::OkStatus();
}

}  // namespace tokenfoundry::pii
