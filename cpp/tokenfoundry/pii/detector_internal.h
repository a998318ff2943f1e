// What a Detector holds: the plan made of its options, and the scanner compiled from it. Immutable once built.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "tokenfoundry/pii/cues_internal.h"
#include "tokenfoundry/pii/detector.h"
#include "tokenfoundry/pii/names_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"
#include "tokenfoundry/pii/scanner_internal.h"
#include "tokenfoundry/pii/validators/registry.h"
#include "tokenfoundry/pii/workspace_pool_internal.h"

namespace tokenfoundry::pii {

// kInvalidArgument for what is no score, said of `of`.
absl::Status ValidateScore(const std::string& of, double score);

// kInvalidArgument for what is not UTF-8, or too long.
absl::Status CheckText(std::string_view text);

// What a candidate is to a caller, in a text that begins `bytes_before` after the one that he counts in.
Finding ToFinding(const Candidate& candidate, size_t bytes_before);

struct Detector::Impl {
  explicit Impl(std::span<const std::string_view> languages) : cues(languages) {}

  struct ActiveRecognizer {
    Recognize recognize;
    size_t anchor;                 // Index of its scan pattern.
    std::vector<size_t> entities;  // That it may find.
  };
  struct Custom {
    uint32_t entity;
    size_t pattern;  // Index of its scan pattern.
    double score;
    Validator validator = nullptr;
    Cue cue = Cue::kNone;
  };
  struct Denied {
    uint32_t entity;
    size_t pattern;
  };
  // Lets the allow list be asked with a view.
  struct ViewHash {
    using is_transparent = void;
    size_t operator()(std::string_view value) const { return std::hash<std::string_view>()(value); }
  };

  void AddCatalogue(const DetectorOptions& options, std::vector<ScanPattern>* patterns);
  void AddCustom(const DetectorOptions& options, std::vector<ScanPattern>* patterns);
  uint32_t EntityIndex(const std::string& name);

  // Everything that may be a finding, overlaps and doubtful ones included, in no order. `text` is valid UTF-8.
  // Of what the request does not want there may be some or none.
  absl::StatusOr<std::vector<Candidate>> Candidates(std::string_view text, const DetectRequest& request,
                                                    uint64_t* steps) const;
  absl::StatusOr<std::vector<Candidate>> CandidatesIn(std::string_view text, const DetectRequest& request,
                                                      uint64_t* steps) const;
  // What is found only where the text is read without its disguises.
  absl::Status AddDisguised(std::string_view text, const DetectRequest& request, uint64_t* steps,
                            std::vector<Candidate>* candidates) const;
  bool FindsWanted(const ActiveRecognizer& recognizer, const DetectRequest& request) const;
  void AddCustomMatches(std::string_view text, const Sightings& sightings, const std::vector<PatternMatch>& rejected,
                        Sink* sink, std::vector<Candidate>* candidates) const;
  Candidate ToCandidate(const Custom& custom, Extent match, Sink* sink) const;
  void AddNames(std::string_view text, Workspace* workspace, Sink* sink) const;
  bool Passes(const Custom& custom, std::string_view text, Extent match, Sink* sink) const;
  // Leaves what `request` asks for, what is sure enough and what the allow list does not name.
  void EraseRefused(std::string_view text, const DetectRequest& request, std::vector<Candidate>* candidates) const;
  absl::Status AddOpinions(std::string_view text, const std::vector<Opinion>& opinions,
                           std::vector<Candidate>* candidates) const;
  bool IsAllowed(std::string_view text, const Candidate& candidate) const;

  std::vector<std::string> entities;
  ActiveEntities active;
  std::vector<ActiveRecognizer> recognizers;
  std::vector<Custom> customs;  // In the order of DetectorOptions::patterns.
  std::vector<Denied> denied;
  CueTable cues;
  std::unordered_set<std::string, ViewHash, std::equal_to<>> allow;
  double score_threshold = 0;
  std::unique_ptr<const NameTagger> names;  // Null where PERSON is not looked for.
  float name_margin = 0;
  std::unique_ptr<const Scanner> scanner;
  mutable WorkspacePool pool;
};

}  // namespace tokenfoundry::pii
