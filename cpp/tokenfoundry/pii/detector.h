// Personal data in text: where it is, what it is, how sure.
//
// A Detector is built once from the entities and custom patterns to look for (50-500 ms to compile them, under 1 ms
// when a cache folder holds them compiled), then shared: it is immutable. Nothing survives a crash but the cache, which
// is only ever a copy of what a build computes. Thread-safe; Detect never blocks and takes time linear in the text,
// about 5 us per KB, whatever the text says. Units: positions are UTF-8 byte offsets; scores run from 0 to 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/attributes.h"
#include "tokenfoundry/base/status.h"

namespace tokenfoundry::pii {

// Every entity of the catalogue, sorted by name.
std::vector<std::string> EntityNames();

struct CustomPattern {
  std::string name;  // [A-Z][A-Z0-9_]*. That of a catalogue entity adds to what is found under it.
  std::string
      regex;  // PCRE subset of Hyperscan, over code points; \d \w \s \b are ASCII. May not match the empty text.
  double score = 0.8;  // [0, 1].
};

struct DetectorOptions {
  std::vector<std::string> entities = EntityNames();  // What to look for. May be empty if there are patterns.
  std::vector<CustomPattern> patterns;                // Looked for as well.
  std::string cache_dir;                              // Where compiled databases are kept; empty: nowhere.
  absl::Status Validate() const;
};

struct Finding {
  size_t entity;  // Index into Detector::entities().
  size_t start;   // Bytes, [start, end).
  size_t end;
  double score;
};

class Detector {
 public:
  // kInvalidArgument names the unknown entity, or the pattern that is refused and why.
  static absl::StatusOr<std::unique_ptr<const Detector>> Create(const DetectorOptions& options);
  ~Detector();

  // The findings, disjoint and in order. kInvalidArgument for text that is not UTF-8 or over 1 GiB.
  // `steps`, if given, receives the verification steps done: they bound the time beyond Hyperscan's own pass.
  absl::StatusOr<std::vector<Finding>> Detect(std::string_view text, uint64_t* steps = nullptr) const;

  // Names of what is looked for: the chosen entities sorted, then the patterns' names in their order. No name twice.
  const std::vector<std::string>& entities() const ABSL_ATTRIBUTE_LIFETIME_BOUND;

  bool loaded_from_cache() const;

 private:
  struct Impl;
  explicit Detector(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace tokenfoundry::pii
