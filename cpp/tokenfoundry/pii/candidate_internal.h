// One possible finding, before overlaps are resolved: where, what, and what speaks for it.
#pragma once

#include <cstdint>
#include <vector>

#include "tokenfoundry/pii/detector.h"

namespace tokenfoundry::pii {

struct Extent {
  uint32_t start = 0;  // Bytes, [start, end).
  uint32_t end = 0;
};

struct Candidate {
  uint32_t start;  // Bytes, [start, end).
  uint32_t end;
  uint32_t entity;  // Index into the detector's entities.
  Evidence proof;
  float score;          // [0, 1].
  Extent cue = {};      // The words that spoke for it; empty if none did.
  bool denied = false;  // A word of a deny list.
};

}  // namespace tokenfoundry::pii
