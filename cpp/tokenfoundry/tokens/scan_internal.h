// The pieces of a text, many at a time: 64 bytes become bitmaps of character classes, and bit algebra on them gives
// the borders of all pieces inside. What that cannot decide is left to the scanners of pretokenizer_internal.h, piece
// by piece, so that both always cut alike.
//
// Free functions without state; any thread. One build for each kind of CPU, chosen once, at first use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tokenfoundry/tokens/instruction_set_internal.h"
#include "tokenfoundry/tokens/pretokenizer_internal.h"

namespace tokenfoundry::tokens {

// A call writes no more than this.
inline constexpr size_t kScanEnds = 192;

// Writes where pieces end, as offsets from `begin`, which begins a piece, and returns how many: at least one when
// begin < end, at most kScanEnds.
using Scan = size_t (*)(const char* begin, const char* end, uint64_t* ends);

Scan ScanOf(Pretokenizer pretokenizer);

// Each build by itself, for tests; null where this CPU lacks what it needs.
Scan ScanOf(Pretokenizer pretokenizer, InstructionSet build);

namespace sse {
Scan ScanOf(Pretokenizer pretokenizer);
}
namespace avx2 {
Scan ScanOf(Pretokenizer pretokenizer);
}
namespace avx512 {
Scan ScanOf(Pretokenizer pretokenizer);
}

}  // namespace tokenfoundry::tokens
