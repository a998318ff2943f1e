// Everything that is looked for, in two passes over the text: bit algebra on maps of its bytes finds the anchors that
// are made of classes of characters, one Hyperscan database all other anchors and the matches of the custom patterns.
//
// Immutable after Create; Scan may be called from any number of threads, each with a Workspace of its own. Compiling
// takes 50-500 ms, so the database is kept on disk (FORMAT.md) where the caller allows it.
// Units: offsets are bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenfoundry/base/status.h"
#include "tokenfoundry/pii/byte_maps_internal.h"
#include "tokenfoundry/pii/candidate_internal.h"
#include "tokenfoundry/pii/names_internal.h"

struct hs_database;
struct hs_scratch;

namespace tokenfoundry::pii {

// The longest text of one scan: offsets fit 32 bits and code point counting stays well inside.
inline constexpr size_t kMaxTextBytes = size_t{1} << 30;

struct ScanPattern {
  enum class Kind {
    kAnchor,      // Over bytes; reports where matches end.
    kWholeMatch,  // Over UTF-8 code points; reports where matches start and end.
    kWords,       // The same, and letters of any alphabet match in either case.
  };
  std::string name;  // For error messages.
  std::string regex;
  bool caseless = false;
  Kind kind = Kind::kAnchor;
  Seek seek = nullptr;  // Of an anchor: what finds its matches instead of Hyperscan.
};

// What one scan saw, by pattern, in the patterns' order.
struct Sightings {
  std::vector<std::vector<uint32_t>> anchor_ends;  // Ascending. Empty for the others.
  std::vector<std::vector<Extent>> matches;        // The longest match per start. Empty for anchors.
};

struct ScratchDeleter {
  void operator()(hs_scratch* scratch) const;
};

// What one scan needs to itself: Hyperscan's scratch space, the name tagger's, and room for
// what they find. Reusing it saves the allocations.
struct Workspace {
  std::unique_ptr<hs_scratch, ScratchDeleter> scratch;
  ByteMaps maps;
  Sightings sightings;
  NameTagger::Scratch name_scratch;
  std::vector<NameSpan> names;
};

class Scanner {
 public:
  // kInvalidArgument, with Hyperscan's reason and the pattern's name, for a pattern that does not compile. An empty
  // `cache_dir` means no cache; one that cannot be read or written means the same, silently: it only costs time.
  static absl::StatusOr<std::unique_ptr<const Scanner>> Create(std::vector<ScanPattern> patterns,
                                                               const std::string& cache_dir);
  ~Scanner();
  Scanner(const Scanner&) = delete;
  Scanner& operator=(const Scanner&) = delete;

  absl::StatusOr<std::unique_ptr<Workspace>> NewWorkspace() const;

  // Fills workspace->sightings. `text` must be valid UTF-8, at most kMaxTextBytes.
  absl::Status Scan(std::string_view text, Workspace* workspace) const;

  bool loaded_from_cache() const { return loaded_from_cache_; }

 private:
  explicit Scanner(std::vector<ScanPattern> patterns) : patterns_(std::move(patterns)) {}
  absl::Status Compile();

  const std::vector<ScanPattern> patterns_;
  std::vector<uint32_t> sought_;                           // Indices of the patterns that Hyperscan need not find.
  hs_database* database_ = nullptr;                        // Owned; set once, by Create. Null if there are no others.
  std::unique_ptr<hs_scratch, ScratchDeleter> prototype_;  // Cloned for each workspace, never scanned with.
  bool loaded_from_cache_ = false;
};

}  // namespace tokenfoundry::pii
