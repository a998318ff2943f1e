// Values that are written so that their form does not show: with characters inside that nobody sees, in full-width
// letters and digits, percent-encoded, or with words in brackets for the signs of an address.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenfoundry/pii/candidate_internal.h"

namespace tokenfoundry::pii {

// Whether any of these stand in `text`. A KB of prose without them: 0.1 us.
bool HasDisguise(std::string_view text);

// A text as it reads without them.
class Undisguised {
 public:
  explicit Undisguised(std::string_view text);

  const std::string& text() const { return plain_; }

  // Where that part of text() stands in the text as it is written; nothing when no disguise is in it.
  std::optional<Extent> Origin(Extent extent) const;

 private:
  // What was written otherwise, each part in at most one byte.
  struct Change {
    uint32_t plain_start, plain_end;
    uint32_t start, end;
  };
  const Change* Before(uint32_t plain_at) const;  // The last one that begins there or before; null for none.

  std::string plain_;
  std::vector<Change> changes_;
};

}  // namespace tokenfoundry::pii
