// The pieces of a text, many at a time: 64 bytes become bitmaps of character classes, and bit algebra on them gives
// the borders of all pieces inside. The pieces are hashed at once, while the next window is on its way through the CPU.
// What the algebra cannot decide is left to the scanners of pretokenizer_internal.h, piece
// by piece, so that both always cut alike.
//
// Free functions without state; any thread. One build for each kind of CPU, chosen once, at first use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tokenfoundry/tokens/instruction_set_internal.h"
#include "tokenfoundry/tokens/pretokenizer_internal.h"
#include "tokenfoundry/tokens/table_internal.h"

namespace tokenfoundry::tokens {

// A call cuts no more pieces than this.
inline constexpr size_t kScanEnds = 192;

// What is known of the pieces of a call. The key of a piece of up to kShortTokenBytes bytes is that of its slot, and
// the slot where it is looked for first is on its way to the cache; of a longer piece, the key is one that no slot has,
// and its `low` is the LongHash, unless the piece is longer than `most_hashed` too.
struct Cuts {
  const ShortSlot* slots = nullptr;
  uint32_t slot_count = 0;
  size_t most_hashed = 0;

  uint64_t ends[kScanEnds];  // From the beginning of the text of the call.
  ShortSlot keys[kScanEnds];
  uint32_t first_slots[kScanEnds];
};
inline constexpr uint64_t kNoShortKey = kSlotKeyMask;  // The `high` of no slot: no token is of 15 bytes.

// Cuts pieces from `begin`, which begins one, and returns how many: at least one when begin < end, at most kScanEnds.
using Scan = size_t (*)(const char* begin, const char* end, Cuts* cuts);

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
