// From an anchor to an exact extent: one function an entity, each a pure pass over the anchors that Hyperscan saw.
//
// `anchor_ends` are byte offsets, ascending, one past the last byte of each match of the entity's anchor
// (catalogue.cc). Every finder does a bounded number of steps per anchor, or steps over each byte a bounded number of
// times, so the whole stays linear whatever the text; `steps` counts them for the test that holds this.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tokenfoundry::pii {

struct Extent {
  uint32_t start;  // Bytes.
  uint32_t end;
};

struct Extents {
  std::vector<Extent> found;
  uint64_t steps = 0;  // Bytes looked at, the validators' own passes counted once.
};

void FindEmails(std::string_view text, std::span<const uint32_t> anchor_ends, Extents* out);
void FindIbans(std::string_view text, std::span<const uint32_t> anchor_ends, Extents* out);
void FindFiscalCodes(std::string_view text, std::span<const uint32_t> anchor_ends, Extents* out);
void FindCards(std::string_view text, std::span<const uint32_t> anchor_ends, Extents* out);
void FindPhones(std::string_view text, std::span<const uint32_t> anchor_ends, Extents* out);

}  // namespace tokenfoundry::pii
