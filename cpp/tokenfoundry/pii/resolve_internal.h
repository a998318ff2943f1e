// Which findings stay when several cover the same text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tokenfoundry::pii {

struct Candidate {
  uint32_t start;  // Bytes.
  uint32_t end;
  uint32_t entity;  // Index into the detector's entities.
  bool validated;
  double score;
};

// Leaves candidates that do not overlap, in order of start. A validated one beats one that is not, then the longer,
// then the one further left, then the entity named first. O(n log n).
void Resolve(std::vector<Candidate>* candidates);

}  // namespace tokenfoundry::pii
