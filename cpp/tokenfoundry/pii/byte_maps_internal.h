// Where the anchors made of classes of characters may be, 64 bytes of the text to a word: found by bit algebra, at a
// twentieth of what a regular expression costs.
//
// Made anew for each text in room that is kept; one thread at a time. Units: bit i of block b is byte 64 * b + i.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace tokenfoundry::pii {

struct ByteBlock {
  uint64_t word_borders = 0;  // The first byte of a run of \w, and the first one behind it.
  uint64_t digit_runs = 0;    // The first digit of a run.
  uint64_t four_digits = 0;   // Four digits at the start of a run of letters and digits.
  uint64_t two_capitals = 0;  // Two capitals there.
  uint64_t long_runs =
      0;  // Seven letters and digits there, the first a capital or a digit, or the third or fourth one.
  uint64_t birth_dates = 0;    // A year, a month and a day as a codice fiscale writes them.
  uint64_t address_pairs = 0;  // A colon, hyphen or dot where a MAC address has its first one, by those that follow.
  uint64_t colons = 0;         // :
  uint64_t dots = 0;           // .
  uint64_t ats = 0;            // @
};

class ByteMaps {
 public:
  // Needs SSSE3, as Hyperscan does.
  void Read(std::string_view text);

  // `visit(byte)` for each byte of a map, ascending.
  template <typename Visit>
  void ForEach(uint64_t ByteBlock::*map, Visit visit) const {
    if (any_.*map == 0) return;
    for (size_t i = 0; i < blocks_.size(); ++i) {
      for (uint64_t bits = blocks_[i].*map; bits != 0; bits &= bits - 1) {
        visit(i * 64 + static_cast<size_t>(std::countr_zero(bits)));
      }
    }
  }

  // `visit(start, end)` for each run of \w, ascending.
  template <typename Visit>
  void ForEachWord(Visit visit) const {
    constexpr size_t kNone = ~size_t{0};
    size_t start = kNone;  // Of a run that goes on from the block before.
    for (size_t i = 0; i < blocks_.size(); ++i) {
      uint64_t bits = blocks_[i].word_borders;
      const auto next = [&] {
        const size_t border = i * 64 + static_cast<size_t>(std::countr_zero(bits));
        bits &= bits - 1;
        return border;
      };
      if (start != kNone && bits != 0) {
        visit(start, next());
        start = kNone;
      }
      while (bits != 0) {
        const size_t first = next();
        if (bits == 0) {
          start = first;
          break;
        }
        visit(first, next());
      }
    }
  }

 private:
  std::vector<ByteBlock> blocks_;
  ByteBlock any_;  // What any block has.
};

// Appends the end of each match of a pattern, ascending, each once. `maps` are those of `text`.
using Seek = void (*)(std::string_view text, const ByteMaps& maps, std::vector<uint32_t>* ends);

}  // namespace tokenfoundry::pii
