// Personal data in text: where it is, what it is, how sure and why.
//
// A Detector is built once from the entities, custom patterns and lists to look for (up to a second to compile them, a
// few milliseconds when a cache folder holds them compiled), then shared: it is immutable. Nothing survives a crash but
// the cache, which is only ever a copy of what a build computes. Thread-safe; Detect never blocks and takes time linear
// in the text, about 10 us per KB, 40 us with names, whatever the text says. Units: positions are UTF-8 byte offsets;
// scores run from 0 to 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/attributes.h"
#include "tokenfoundry/base/status.h"

namespace tokenfoundry::pii {

// One row of the catalogue, for those who choose or explain.
struct EntityInfo {
  std::string_view name;
  std::string_view countries;  // ISO 3166-1 alpha-2, "EU", or "*".
  std::string_view validator;  // What proves a value, in words; empty where nothing can.
  std::string_view profile;    // The smallest profile that looks for it: minimal, default, strict.
  std::string_view action;     // What is done with it where a policy says nothing: pseudonymize, allow.
  double score;             // Of a value that is proved; of its form beside a word that speaks for it where none can.
  std::string_view source;  // The standard or the register.
};

// Every entity of the catalogue, sorted by name.
std::vector<EntityInfo> Entities();

// minimal, default, strict; each looks for all of the one before.
std::vector<std::string_view> Profiles();

// The languages whose words beside a value are known.
std::vector<std::string_view> Languages();

struct CustomPattern {
  std::string name;  // [A-Z][A-Z0-9_]*. That of a catalogue entity adds to what is found under it.
  std::string
      regex;  // PCRE subset of Hyperscan, over code points; \d \w \s \b are ASCII. May not match the empty text.
  double score = 0.8;                     // [0, 1]: of a match without context or validator.
  std::vector<std::string> context = {};  // Phrases of up to three words that raise the score by 0.35 beside a match.
  std::string validator = {};             // Of the registry; a match that fails is dropped, one that passes is proved.
};

// Words and names that are always an entity, in any case, where they stand as whole words.
struct DenyList {
  std::string name;  // As CustomPattern::name.
  std::vector<std::string> values;
};

struct DetectorOptions {
  std::optional<std::vector<std::string>> entities = {};  // What to look for; the profile's if not given.
  std::string profile = "default";
  std::vector<std::string> languages = {"de", "en", "es", "fr", "it"};
  std::vector<CustomPattern> patterns = {};    // Looked for as well.
  std::vector<DenyList> deny = {};             // Looked for as well.
  std::vector<std::string> allow = {};         // Values that are never a finding, as written.
  std::optional<double> score_threshold = {};  // What is less sure is not reported; the profile's if not given. [0, 1].
  std::string names_model = {};                // Path of the name tagger's model; needed for PERSON.
  double name_margin = 0;                      // How sure a name must be: higher finds fewer and surer ones.
  std::string cache_dir = {};                  // Where compiled databases are kept; empty: nowhere.
  absl::Status Validate() const;
};

// What speaks for a finding, strongest first: this order is how overlaps are resolved.
enum class Evidence : uint8_t {
  kValidated,  // A checksum, a published structure or a full grammar.
  kContext,    // The form, and words beside it that speak for it.
  kPattern,    // The form alone.
  kName,       // The name tagger.
  kOpinion,    // DetectRequest::opinions.
};

struct Finding {
  size_t entity;  // Index into Detector::entities().
  size_t start;   // Bytes, [start, end).
  size_t end;
  double score;
  Evidence evidence;
  size_t cue_start;  // The words that spoke for it, or an empty range.
  size_t cue_end;
};

// A possible finding and what became of it.
struct Explanation {
  enum class Outcome : uint8_t {
    kFound,
    kOverlapped,  // Something surer or longer covers the same text.
    kUnsure,      // The score is below the threshold.
    kAllowed,     // The value is on the allow list.
  };
  Finding finding;
  Outcome outcome;
};

// A match of a custom pattern, for callers who judge matches themselves.
struct PatternMatch {
  size_t pattern;  // Index into DetectorOptions::patterns.
  size_t start;    // Bytes, [start, end).
  size_t end;
  friend auto operator<=>(const PatternMatch&, const PatternMatch&) = default;
};

// What another detector takes for a finding.
struct Opinion {
  size_t entity;  // Index into Detector::entities().
  size_t start;   // Bytes, [start, end), both on a character's border.
  size_t end;
  double score;  // [0, 1].
};

// What one call may narrow or add.
struct DetectRequest {
  std::vector<bool> wanted = {};               // For each of Detector::entities(); empty: all.
  std::optional<double> score_threshold = {};  // The detector's if not given.
  std::vector<Opinion> opinions = {};          // Weighed after everything found here.
  std::vector<PatternMatch> rejected = {};     // Matches that are none, sorted.
};

class Detector {
 public:
  // kInvalidArgument names the unknown entity, or the pattern that is refused and why.
  static absl::StatusOr<std::unique_ptr<const Detector>> Create(const DetectorOptions& options);
  ~Detector();

  // The findings, disjoint and in order. kInvalidArgument for text that is not UTF-8 or over 1 GiB.
  // `steps`, if given, receives the verification steps done: they bound the time beyond Hyperscan's own pass.
  absl::StatusOr<std::vector<Finding>> Detect(std::string_view text, const DetectRequest& request = {},
                                              uint64_t* steps = nullptr) const;

  // Detect of each text, by so many threads at once. The first error, if there is one, is that of the first bad text.
  absl::StatusOr<std::vector<std::vector<Finding>>> DetectBatch(std::span<const std::string_view> texts, size_t threads,
                                                                const DetectRequest& request = {}) const;

  // Everything that was considered, in order of start, and why it is a finding or not.
  absl::StatusOr<std::vector<Explanation>> Explain(std::string_view text) const;

  // The matches of custom patterns that satisfy their validators, sorted.
  absl::StatusOr<std::vector<PatternMatch>> PatternMatches(std::string_view text) const;

  // Whether a label may change what is found in the text behind it ("partita_iva: ..."): it holds a word that speaks
  // for something, or something to look at.
  absl::StatusOr<bool> Tells(std::string_view label) const;

  // The words of a PERSON of several words that by themselves still name them: those that are capitalised, have three
  // letters, and are no title, particle, place or word of every day; but for surnames and given names that are
  // adjectives or things too ("Rossi", "Rosa"). None where PERSON is not looked for.
  std::vector<std::string_view> WordsOfName(std::string_view name ABSL_ATTRIBUTE_LIFETIME_BOUND) const;

  // Names of what is looked for: the chosen entities sorted, then the patterns' and lists' names in their order. No
  // name twice.
  const std::vector<std::string>& entities() const ABSL_ATTRIBUTE_LIFETIME_BOUND;

  bool loaded_from_cache() const;

 private:
  friend class DetectorStream;
  struct Impl;
  explicit Detector(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace tokenfoundry::pii
