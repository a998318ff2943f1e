// One possible finding, before overlaps are resolved: where, what, and what speaks for it.
#pragma once

#include <cstdint>
#include <vector>

namespace tokenfoundry::pii {

struct Extent {
  uint32_t start = 0;  // Bytes, [start, end).
  uint32_t end = 0;
};

// What speaks for a finding, strongest first: this order is how overlaps are resolved.
enum class Proof : uint8_t {
  kValidated,  // A checksum, a published structure or a full grammar.
  kContext,    // The right form, and a word beside it that says so.
  kPattern,    // The right form alone.
  kName,       // The name tagger.
  kOpinion,    // Somebody else's word.
};

struct Candidate {
  uint32_t start;  // Bytes, [start, end).
  uint32_t end;
  uint32_t entity;  // Index into the detector's entities.
  Proof proof;
  float score;          // [0, 1].
  Extent cue = {};      // The words that spoke for it; empty if none did.
  bool denied = false;  // A word of a deny list.
};

}  // namespace tokenfoundry::pii
