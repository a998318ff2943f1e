// What each entity is: its name (Presidio's, so that policies carry over), the short anchor that Hyperscan looks for,
// the finder that turns an anchor into an exact and verified extent, the score, and the standard behind it.
//
// One table, constant, any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tokenfoundry/pii/finders_internal.h"

namespace tokenfoundry::pii {

struct EntitySpec {
  std::string_view name;
  std::string (
      *anchor)();  // A regular expression over bytes; only its match ends are used, so it needs no start offsets.
  bool caseless;
  void (*find)(std::string_view text, std::span<const uint32_t> anchor_ends, Extents* out);
  bool validated;  // The finder proves the value (a checksum, a grammar): it wins over what only looks alike.
  double score;
  std::string_view source;
};

std::span<const EntitySpec> Catalogue();

// The entity of that name, or nullptr.
const EntitySpec* FindEntity(std::string_view name);

}  // namespace tokenfoundry::pii
