#include <algorithm>
#include <cstdint>
#include <numeric>

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

std::vector<size_t> CodePointsOf(std::string_view text, std::vector<size_t> offsets) {
  std::vector<size_t> order(offsets.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return offsets[a] < offsets[b]; });
  std::vector<size_t> sorted;
  sorted.reserve(offsets.size());
  for (const size_t i : order) sorted.push_back(offsets[i]);
  ToCodePoints(text, sorted);
  for (size_t i = 0; i < order.size(); ++i) offsets[order[i]] = sorted[i];
  return offsets;
}

}  // namespace tokenfoundry::text
