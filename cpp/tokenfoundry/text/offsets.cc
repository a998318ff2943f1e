#include <cstdint>

#include "tokenfoundry/base/check.h"
#include "tokenfoundry/text/text.h"

namespace tokenfoundry::text {

void ToCodePoints(std::string_view text, std::span<size_t> offsets) {
  size_t byte = 0;
  size_t code_points = 0;
  for (size_t& offset : offsets) {
    TF_DCHECK(byte <= offset && offset <= text.size());
    for (; byte < offset; ++byte) code_points += (static_cast<uint8_t>(text[byte]) & 0xC0) != 0x80;
    offset = code_points;
  }
}

}  // namespace tokenfoundry::text
