// Canonical composition (NFC), as Qwen has its text before it is cut. The tables are generated
// (tools/generate_compositions.py). Free functions without state; any thread. Linear, but for the marks of one letter,
// which are sorted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tokenfoundry::tokens {

// The composed text in `storage`, or `text` itself where it is composed already. A byte that is no UTF-8 stays.
std::string_view Composed(std::string_view text, std::string* storage);

// Of the tables: what a code point falls into, [begin, begin + count) of kDecomposed, and what two become.
struct Decomposition {
  uint32_t code_point, begin, count;
};
struct Composition {
  uint32_t first, second, whole;
};

// properties[blocks[code point / 256] * 256 + code point % 256]: kUnsure, and an index of its combining class in order.
inline constexpr uint8_t kUnsure = 0x80;  // It is not composed, or may join what is before it.
extern const uint8_t kNfcBlocks[4352];
extern const uint8_t kNfcProperties[19712];
extern const Decomposition kDecompositions[2081];
extern const uint32_t kDecomposed[3450];
extern const Composition kCompositions[961];

}  // namespace tokenfoundry::tokens
