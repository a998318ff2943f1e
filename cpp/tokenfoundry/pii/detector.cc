#include "tokenfoundry/pii/detector.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/catalogue_internal.h"
#include "tokenfoundry/pii/detector_internal.h"
#include "tokenfoundry/pii/disguises_internal.h"
#include "tokenfoundry/pii/escapes_internal.h"
#include "tokenfoundry/pii/profiles_internal.h"
#include "tokenfoundry/pii/resolve_internal.h"
#include "tokenfoundry/text/text.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kWordsPerPattern =
    100;  // Of a deny list: the compiler takes alternatives by the hundred, not by the thousand.
constexpr double kNameScore = 0.5;  // Of a name that the tagger only just takes for one: the threshold by default.
// Something for each recognizer to look at.
constexpr std::string_view kOneOfEach =
    "12345678Z BIC UNCRITMM password: Xy1!aaaa gh"
    "p_x AC0 tel 02 1234567 via Roma 1 nato il 1/1/2000 AA123BB a@b.it";
constexpr double kContextBonus = 0.35;  // What a word beside a custom pattern's match adds: Presidio's factor.

// Whether the character at `at` belongs to a word: not the punctuation and symbols of Latin-1, U+2000 and U+3000.
bool IsWordAt(std::string_view text, size_t at) {
  const auto lead = static_cast<unsigned char>(At(text, at));
  if (lead < 0x80) return IsAlnum(static_cast<char>(lead)) || lead == '_';
  const auto second = static_cast<unsigned char>(At(text, at + 1));
  if (lead == 0xC2) return second == 0xAA || second == 0xB5 || second == 0xBA;
  if (lead == 0xE2) return second >= 0xB0;
  if (lead == 0xE3) return second >= 0x81;
  return lead < 0xF0 && !(lead == 0xEF && (second == 0xBC || second == 0xBD));
}

bool IsWordBefore(std::string_view text, size_t at) {
  if (at == 0) return false;
  --at;
  while (at > 0 && IsContinuation(text[at])) --at;
  return IsWordAt(text, at);
}

// Whether [start, end) starts and ends where a word does.
bool IsWholeWords(std::string_view text, Extent extent) {
  return !(IsWordBefore(text, extent.start) && IsWordAt(text, extent.start)) &&
         !(IsWordBefore(text, extent.end) && IsWordAt(text, extent.end));
}

// The letters and digits of a match, for a validator; empty if there are more than any validator takes.
std::string Compact(std::string_view match) {
  constexpr size_t kMaxCharacters = 256;
  std::string compact;
  for (const char c : match.substr(0, 4 * kMaxCharacters)) {
    if (IsAlnum(c)) compact += c;
  }
  return compact.size() <= kMaxCharacters ? compact : std::string();
}

// The values in groups for one pattern each: the scanner gives the longest alone of those that start or end at one
// place, so none of a group may contain another.
std::vector<std::vector<std::string>> Apart(const std::vector<std::string>& values) {
  std::vector<std::vector<std::string>> groups;
  std::vector<std::vector<std::string>> lower;
  for (const std::string& value : std::set<std::string>(values.begin(), values.end())) {
    std::string folded(value.size(), '\0');
    std::transform(value.begin(), value.end(), folded.begin(), ToLower);
    const auto fits = [&](const std::vector<std::string>& group) {
      return group.size() < kWordsPerPattern && std::none_of(group.begin(), group.end(), [&](const std::string& other) {
               return other.find(folded) != std::string::npos || folded.find(other) != std::string::npos;
             });
    };
    const auto group = std::find_if(lower.begin(), lower.end(), fits);
    if (group == lower.end()) {
      groups.push_back({value});
      lower.push_back({folded});
    } else {
      group->push_back(folded);
      groups[static_cast<size_t>(group - lower.begin())].push_back(value);
    }
  }
  return groups;
}

std::string AnyOf(const std::vector<std::string>& values) {
  std::string regex = "(?:";
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) regex += '|';
    for (const char c : values[i]) {
      const bool is_plain = IsAlnum(c) || c == ' ' || (c & 0x80) != 0;
      if (!is_plain) regex += '\\';
      regex += c;
    }
  }
  return regex + ")";
}

}  // namespace

absl::Status CheckText(std::string_view text) {
  if (text.size() > kMaxTextBytes) return absl::InvalidArgumentError("a text to scan may have at most 1 GiB");
  if (!text::IsValidUtf8(text)) return absl::InvalidArgumentError("the text is not valid UTF-8");
  return absl::OkStatus();
}

Finding ToFinding(const Candidate& c, size_t bytes_before) {
  const bool has_cue = c.cue.end > c.cue.start;
  return {c.entity,
          bytes_before + c.start,
          bytes_before + c.end,
          c.score,
          c.proof,
          has_cue ? bytes_before + c.cue.start : 0,
          has_cue ? bytes_before + c.cue.end : 0};
}

uint32_t Detector::Impl::EntityIndex(const std::string& name) {
  const auto found = std::find(entities.begin(), entities.end(), name);
  const auto index = static_cast<uint32_t>(found - entities.begin());
  if (found == entities.end()) entities.push_back(name);
  return index;
}

void Detector::Impl::AddCatalogue(const DetectorOptions& options, std::vector<ScanPattern>* patterns) {
  const Profile profile = FindProfile(options.profile)->profile;
  active.fill(kOff);
  std::map<std::pair<std::string, bool>, size_t> by_anchor;
  std::map<const Recognizer*, size_t> added;  // Where it stands in recognizers.
  for (const EntitySpec& spec : Catalogue()) {
    const bool wanted = options.entities ? std::find(options.entities->begin(), options.entities->end(), spec.name) !=
                                               options.entities->end()
                                         : spec.profile <= profile;
    if (!wanted) continue;
    active[static_cast<size_t>(spec.entity)] = static_cast<int16_t>(entities.size());
    entities.emplace_back(spec.name);
    for (const Recognizer* recognizer = spec.recognizer; recognizer != nullptr; recognizer = recognizer->next) {
      const auto [place, is_added] = added.emplace(recognizer, recognizers.size());
      if (!is_added) {
        recognizers[place->second].entities.push_back(entities.size() - 1);
        continue;
      }
      const auto key = std::pair(recognizer->anchor(), recognizer->caseless);
      const auto [anchor, is_new] = by_anchor.emplace(key, patterns->size());
      if (is_new) {
        patterns->push_back(
            {std::string(spec.name), key.first, key.second, ScanPattern::Kind::kAnchor, recognizer->seek});
      }
      recognizers.push_back({recognizer->recognize, anchor->second, {entities.size() - 1}});
    }
  }
}

void Detector::Impl::AddCustom(const DetectorOptions& options, std::vector<ScanPattern>* patterns) {
  auto cue = static_cast<uint16_t>(Cue::kCustom);
  for (const CustomPattern& pattern : options.patterns) {
    Custom custom{.entity = EntityIndex(pattern.name), .pattern = patterns->size(), .score = pattern.score};
    if (!pattern.validator.empty()) custom.validator = FindValidator(pattern.validator);
    if (!pattern.context.empty()) {
      custom.cue = static_cast<Cue>(cue++);
      for (const std::string& phrase : pattern.context) cues.Add(phrase, custom.cue);
    }
    customs.push_back(custom);
    patterns->push_back({pattern.name, pattern.regex, false, ScanPattern::Kind::kWholeMatch});
  }
  for (const DenyList& list : options.deny) {
    const uint32_t entity = EntityIndex(list.name);
    for (const std::vector<std::string>& group : Apart(list.values)) {
      denied.push_back({entity, patterns->size()});
      patterns->push_back({list.name, AnyOf(group), true, ScanPattern::Kind::kWords});
    }
  }
}

Candidate Detector::Impl::ToCandidate(const Custom& custom, Extent match, Sink* sink) const {
  Candidate candidate{match.start, match.end, custom.entity, Evidence::kPattern, static_cast<float>(custom.score)};
  if (custom.validator != nullptr) {
    candidate.proof = Evidence::kValidated;
    candidate.score = 1;
  }
  if (custom.cue == Cue::kNone) return candidate;
  if (const std::optional<Extent> cue = sink->cues().Beside(match.start, match.end, custom.cue)) {
    candidate.proof = std::min(candidate.proof, Evidence::kContext);
    candidate.score = static_cast<float>(std::min(1.0, candidate.score + kContextBonus));
    candidate.cue = *cue;
  }
  return candidate;
}

void Detector::Impl::AddCustomMatches(std::string_view text, const Sightings& sightings,
                                      const std::vector<PatternMatch>& rejected, Sink* sink,
                                      std::vector<Candidate>* candidates) const {
  for (size_t i = 0; i < customs.size(); ++i) {
    const Custom& custom = customs[i];
    // Matches that overlap are one: what one start reaches and the next would, nobody is to see.
    std::optional<Extent> joined;
    for (const Extent& match : sightings.matches[custom.pattern]) {
      if (std::binary_search(rejected.begin(), rejected.end(), PatternMatch{i, match.start, match.end})) continue;
      if (!Passes(custom, text, match, sink)) continue;
      if (joined && match.start < joined->end) {
        joined = Extent{std::min(joined->start, match.start), std::max(joined->end, match.end)};
        continue;
      }
      if (joined) candidates->push_back(ToCandidate(custom, *joined, sink));
      joined = match;
    }
    if (joined) candidates->push_back(ToCandidate(custom, *joined, sink));
  }
  for (const Denied& list : denied) {
    for (const Extent& match : sightings.matches[list.pattern]) {
      if (!IsWholeWords(text, match)) continue;
      candidates->push_back({match.start, match.end, list.entity, Evidence::kValidated, 1, {}, true});
    }
  }
}

void Detector::Impl::AddNames(std::string_view text, Workspace* workspace, Sink* sink) const {
  workspace->names.clear();
  names->Tag(text, name_margin, &workspace->name_scratch, &workspace->names, &sink->steps);
  for (const NameSpan& name : workspace->names) {
    sink->Add(Entity::kPerson, name.start, name.end, Evidence::kName, kNameScore + (1 - kNameScore) * name.score);
  }
}

bool Detector::Impl::Passes(const Custom& custom, std::string_view text, Extent match, Sink* sink) const {
  if (custom.validator == nullptr) return true;
  sink->steps += match.end - match.start;
  return custom.validator(Compact(text.substr(match.start, match.end - match.start)));
}

absl::StatusOr<std::vector<Candidate>> Detector::Impl::Candidates(std::string_view text, const DetectRequest& request,
                                                                  uint64_t* steps) const {
  std::string spaced;
  if (HasEscapedSpace(text)) text = spaced = WithEscapedSpace(text);
  TF_ASSIGN_OR_RETURN(std::vector<Candidate> candidates, CandidatesIn(text, request, steps));
  if (HasDisguise(text)) TF_RETURN_IF_ERROR(AddDisguised(text, request, steps, &candidates));
  return candidates;
}

absl::Status Detector::Impl::AddDisguised(std::string_view text, const DetectRequest& request, uint64_t* steps,
                                          std::vector<Candidate>* candidates) const {
  const Undisguised read(text);
  uint64_t steps_of_it = 0;
  // What was rejected was so as it is written.
  TF_ASSIGN_OR_RETURN(const std::vector<Candidate> found,
                      CandidatesIn(read.text(), {.wanted = request.wanted}, &steps_of_it));
  *steps += steps_of_it;
  for (Candidate candidate : found) {
    const std::optional<Extent> origin = read.Origin({candidate.start, candidate.end});
    if (!origin) continue;
    candidate.start = origin->start;
    candidate.end = origin->end;
    candidate.cue = {};
    candidates->push_back(candidate);
  }
  return absl::OkStatus();
}

bool Detector::Impl::FindsWanted(const ActiveRecognizer& recognizer, const DetectRequest& request) const {
  const auto wanted = [&](size_t entity) { return entity < request.wanted.size() && request.wanted[entity]; };
  return request.wanted.empty() || std::any_of(recognizer.entities.begin(), recognizer.entities.end(), wanted);
}

absl::StatusOr<std::vector<Candidate>> Detector::Impl::CandidatesIn(std::string_view text, const DetectRequest& request,
                                                                    uint64_t* steps) const {
  TF_ASSIGN_OR_RETURN(std::unique_ptr<Workspace> workspace, pool.Take(*scanner));
  TF_RETURN_IF_ERROR(scanner->Scan(text, workspace.get()));
  std::vector<Candidate> candidates;
  CueReader reader(cues, text);
  Sink sink(active, &reader, &candidates);
  for (const ActiveRecognizer& recognizer : recognizers) {
    const std::vector<uint32_t>& anchor_ends = workspace->sightings.anchor_ends[recognizer.anchor];
    if (!anchor_ends.empty() && FindsWanted(recognizer, request)) recognizer.recognize(text, anchor_ends, &sink);
  }
  AddCustomMatches(text, workspace->sightings, request.rejected, &sink, &candidates);
  if (names != nullptr) AddNames(text, workspace.get(), &sink);
  pool.Return(std::move(workspace));
  *steps = sink.steps + reader.steps();
  return candidates;
}

void Detector::Impl::EraseRefused(std::string_view text, const DetectRequest& request,
                                  std::vector<Candidate>* candidates) const {
  const auto threshold = static_cast<float>(request.score_threshold.value_or(score_threshold));
  std::erase_if(*candidates, [&](const Candidate& c) {
    const bool asked = request.wanted.empty() || (c.entity < request.wanted.size() && request.wanted[c.entity]);
    return !asked || c.score < threshold || IsAllowed(text, c);
  });
}

absl::Status Detector::Impl::AddOpinions(std::string_view text, const std::vector<Opinion>& opinions,
                                         std::vector<Candidate>* candidates) const {
  const auto is_border = [&](size_t at) { return at == text.size() || !IsContinuation(At(text, at)); };
  for (const Opinion& opinion : opinions) {
    const bool fits = opinion.entity < entities.size() && opinion.start < opinion.end && opinion.end <= text.size() &&
                      is_border(opinion.start) && is_border(opinion.end) && opinion.score >= 0 && opinion.score <= 1;
    if (!fits) return absl::InvalidArgumentError("an opinion names no entity of the detector or no place in the text");
    candidates->push_back({static_cast<uint32_t>(opinion.start), static_cast<uint32_t>(opinion.end),
                           static_cast<uint32_t>(opinion.entity), Evidence::kOpinion,
                           static_cast<float>(opinion.score)});
  }
  return absl::OkStatus();
}

bool Detector::Impl::IsAllowed(std::string_view text, const Candidate& candidate) const {
  return !allow.empty() && allow.contains(text.substr(candidate.start, candidate.end - candidate.start));
}

Detector::Detector(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Detector::~Detector() = default;

absl::StatusOr<std::unique_ptr<const Detector>> Detector::Create(const DetectorOptions& options) {
  TF_RETURN_IF_ERROR(options.Validate());
  const std::vector<std::string_view> languages(options.languages.begin(), options.languages.end());
  auto impl = std::make_unique<Impl>(languages);
  impl->score_threshold = options.score_threshold.value_or(FindProfile(options.profile)->score_threshold);
  impl->allow.insert(options.allow.begin(), options.allow.end());
  impl->name_margin = static_cast<float>(options.name_margin);
  std::vector<ScanPattern> patterns;
  impl->AddCatalogue(options, &patterns);
  impl->AddCustom(options, &patterns);
  if (impl->active[static_cast<size_t>(Entity::kPerson)] != kOff) {
    TF_ASSIGN_OR_RETURN(impl->names, NameTagger::Load(options.names_model));
  }
  TF_ASSIGN_OR_RETURN(impl->scanner, Scanner::Create(std::move(patterns), options.cache_dir));
  // The tables that recognizers build when they are first asked: built now, so that no thread ever waits for another.
  uint64_t steps = 0;
  TF_RETURN_IF_ERROR(impl->Candidates(kOneOfEach, {}, &steps).status());
  return std::unique_ptr<const Detector>(new Detector(std::move(impl)));
}

absl::StatusOr<std::vector<Finding>> Detector::Detect(std::string_view text, const DetectRequest& request,
                                                      uint64_t* steps) const {
  TF_RETURN_IF_ERROR(CheckText(text));
  if (request.score_threshold) TF_RETURN_IF_ERROR(ValidateScore("score_threshold", *request.score_threshold));
  uint64_t steps_done = 0;
  TF_ASSIGN_OR_RETURN(std::vector<Candidate> candidates, impl_->Candidates(text, request, &steps_done));
  TF_RETURN_IF_ERROR(impl_->AddOpinions(text, request.opinions, &candidates));
  impl_->EraseRefused(text, request, &candidates);
  Resolve(&candidates);
  if (steps != nullptr) *steps = steps_done;

  std::vector<Finding> findings;
  findings.reserve(candidates.size());
  for (const Candidate& candidate : candidates) findings.push_back(ToFinding(candidate, 0));
  return findings;
}

absl::StatusOr<std::vector<Explanation>> Detector::Explain(std::string_view text) const {
  TF_RETURN_IF_ERROR(CheckText(text));
  uint64_t steps = 0;
  TF_ASSIGN_OR_RETURN(std::vector<Candidate> all, impl_->Candidates(text, {}, &steps));
  std::vector<Candidate> eligible;
  std::vector<Explanation> explanations;
  for (const Candidate& candidate : all) {
    using Outcome = Explanation::Outcome;
    if (candidate.score < static_cast<float>(impl_->score_threshold)) {
      explanations.push_back({ToFinding(candidate, 0), Outcome::kUnsure});
    } else if (impl_->IsAllowed(text, candidate)) {
      explanations.push_back({ToFinding(candidate, 0), Outcome::kAllowed});
    } else {
      eligible.push_back(candidate);
    }
  }
  std::vector<Candidate> kept = eligible;
  Resolve(&kept);
  const auto key = [](const Candidate& c) { return std::tuple(c.start, c.end, c.entity, c.proof, c.score); };
  std::set<std::tuple<uint32_t, uint32_t, uint32_t, Evidence, float>> found;
  for (const Candidate& candidate : kept) found.insert(key(candidate));
  for (const Candidate& candidate : eligible) {
    const bool is_found = found.erase(key(candidate)) > 0;  // Of two that are alike one stays.
    explanations.push_back(
        {ToFinding(candidate, 0), is_found ? Explanation::Outcome::kFound : Explanation::Outcome::kOverlapped});
  }
  std::stable_sort(explanations.begin(), explanations.end(), [](const Explanation& a, const Explanation& b) {
    return std::tuple(a.finding.start, a.outcome, a.finding.end) <
           std::tuple(b.finding.start, b.outcome, b.finding.end);
  });
  return explanations;
}

absl::StatusOr<std::vector<PatternMatch>> Detector::PatternMatches(std::string_view text) const {
  TF_RETURN_IF_ERROR(CheckText(text));
  TF_ASSIGN_OR_RETURN(std::unique_ptr<Workspace> workspace, impl_->pool.Take(*impl_->scanner));
  TF_RETURN_IF_ERROR(impl_->scanner->Scan(text, workspace.get()));
  std::vector<Candidate> unused;
  CueReader reader(impl_->cues, text);
  Sink sink(impl_->active, &reader, &unused);
  std::vector<PatternMatch> matches;
  for (size_t i = 0; i < impl_->customs.size(); ++i) {
    for (const Extent& match : workspace->sightings.matches[impl_->customs[i].pattern]) {
      if (impl_->Passes(impl_->customs[i], text, match, &sink)) matches.push_back({i, match.start, match.end});
    }
  }
  impl_->pool.Return(std::move(workspace));
  std::sort(matches.begin(), matches.end());
  return matches;
}

std::vector<std::string_view> Detector::WordsOfName(std::string_view name) const {
  return impl_->names == nullptr ? std::vector<std::string_view>() : impl_->names->WordsOf(name);
}

const std::vector<std::string>& Detector::entities() const { return impl_->entities; }
bool Detector::loaded_from_cache() const { return impl_->scanner->loaded_from_cache(); }

}  // namespace tokenfoundry::pii
