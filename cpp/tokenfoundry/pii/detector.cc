#include "tokenfoundry/pii/detector.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/catalogue_internal.h"
#include "tokenfoundry/pii/resolve_internal.h"
#include "tokenfoundry/pii/scanner_internal.h"
#include "tokenfoundry/pii/workspace_pool_internal.h"
#include "tokenfoundry/text/text.h"

namespace tokenfoundry::pii {
namespace {

bool IsEntityName(std::string_view name) {
  return !name.empty() && IsUpper(name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) { return IsUpper(c) || IsDigit(c) || c == '_'; });
}

absl::Status ValidatePattern(const CustomPattern& pattern) {
  if (!IsEntityName(pattern.name)) {
    return absl::InvalidArgumentError(absl::StrCat("pattern name '", pattern.name, "' must be like BADGE or STAFF_ID: ",
                                                   "A-Z, 0-9 and _, starting with a letter"));
  }
  if (!(pattern.score >= 0 && pattern.score <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("pattern ", pattern.name, ": score must be from 0 to 1, is ", pattern.score));
  }
  if (pattern.regex.empty())
    return absl::InvalidArgumentError(absl::StrCat("pattern ", pattern.name, " has an empty regex"));
  if (pattern.regex.find('\0') != std::string::npos || !text::IsValidUtf8(pattern.regex)) {
    return absl::InvalidArgumentError(absl::StrCat("pattern ", pattern.name, ": the regex must be UTF-8 without NUL"));
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<std::string> EntityNames() {
  std::vector<std::string> names;
  for (const EntitySpec& entity : Catalogue()) names.emplace_back(entity.name);
  return names;
}

absl::Status DetectorOptions::Validate() const {
  for (const std::string& name : entities) {
    if (FindEntity(name) == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown entity '", name, "'; known: ", absl::StrJoin(EntityNames(), ", ")));
    }
  }
  for (const CustomPattern& pattern : patterns) TF_RETURN_IF_ERROR(ValidatePattern(pattern));
  if (entities.empty() && patterns.empty()) return absl::InvalidArgumentError("no entity and no pattern to look for");
  return absl::OkStatus();
}

struct Detector::Impl {
  std::vector<std::string> entities;
  std::vector<const EntitySpec*> specs;  // Scan patterns [0, specs.size()), each the entity of the same index.
  struct Custom {
    uint32_t entity;  // Index into entities.
    double score;
  };
  std::vector<Custom> customs;  // The scan patterns after those.
  std::unique_ptr<const Scanner> scanner;
  mutable WorkspacePool pool;

  uint32_t EntityIndex(const std::string& name) {
    const auto found = std::find(entities.begin(), entities.end(), name);
    const auto index = static_cast<uint32_t>(found - entities.begin());
    if (found == entities.end()) entities.push_back(name);
    return index;
  }

  // Every verified anchor and every custom match, overlaps included.
  std::vector<Candidate> Candidates(std::string_view text, const Sightings& sightings, uint64_t* steps) const {
    std::vector<Candidate> candidates;
    Extents extents;
    for (uint32_t i = 0; i < specs.size(); ++i) {
      extents.found.clear();
      specs[i]->find(text, sightings.anchor_ends[i], &extents);
      for (const Extent& extent : extents.found) {
        candidates.push_back({extent.start, extent.end, i, specs[i]->validated, specs[i]->score});
      }
    }
    for (size_t i = 0; i < customs.size(); ++i) {
      for (const Extent& match : sightings.matches[specs.size() + i]) {
        candidates.push_back({match.start, match.end, customs[i].entity, false, customs[i].score});
      }
    }
    *steps = extents.steps;
    return candidates;
  }
};

Detector::Detector(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Detector::~Detector() = default;

absl::StatusOr<std::unique_ptr<const Detector>> Detector::Create(const DetectorOptions& options) {
  TF_RETURN_IF_ERROR(options.Validate());
  auto impl = std::make_unique<Impl>();
  std::vector<ScanPattern> patterns;
  for (const EntitySpec& spec : Catalogue()) {
    if (std::find(options.entities.begin(), options.entities.end(), spec.name) == options.entities.end()) continue;
    impl->entities.emplace_back(spec.name);
    impl->specs.push_back(&spec);
    patterns.push_back({std::string(spec.name), spec.anchor(), spec.caseless, ScanPattern::Kind::kAnchor});
  }
  for (const CustomPattern& custom : options.patterns) {
    impl->customs.push_back({impl->EntityIndex(custom.name), custom.score});
    patterns.push_back({custom.name, custom.regex, false, ScanPattern::Kind::kWholeMatch});
  }
  TF_ASSIGN_OR_RETURN(impl->scanner, Scanner::Create(std::move(patterns), options.cache_dir));
  return std::unique_ptr<const Detector>(new Detector(std::move(impl)));
}

absl::StatusOr<std::vector<Finding>> Detector::Detect(std::string_view text, uint64_t* steps) const {
  if (text.size() > kMaxTextBytes) return absl::InvalidArgumentError("a text to scan may have at most 1 GiB");
  if (!text::IsValidUtf8(text)) return absl::InvalidArgumentError("the text is not valid UTF-8");
  TF_ASSIGN_OR_RETURN(std::unique_ptr<Workspace> workspace, impl_->pool.Take(*impl_->scanner));
  TF_RETURN_IF_ERROR(impl_->scanner->Scan(text, workspace.get()));
  uint64_t steps_done = 0;
  std::vector<Candidate> candidates = impl_->Candidates(text, workspace->sightings, &steps_done);
  impl_->pool.Return(std::move(workspace));
  Resolve(&candidates);
  if (steps != nullptr) *steps = steps_done;

  std::vector<Finding> findings;
  findings.reserve(candidates.size());
  for (const Candidate& c : candidates) findings.push_back({c.entity, c.start, c.end, c.score});
  return findings;
}

const std::vector<std::string>& Detector::entities() const { return impl_->entities; }
bool Detector::loaded_from_cache() const { return impl_->scanner->loaded_from_cache(); }

}  // namespace tokenfoundry::pii
