// Cuts text into the pieces inside which tokens are merged: the split patterns of tiktoken, by hand-written scanners.
//
// Free functions without state; any thread. A scanner looks at each byte a bounded number of times, whatever the text.
#pragma once

#include <cstdint>
#include <string_view>

namespace tokenfoundry::tokens {

// Written in the table's header: never renumbered.
enum class Pretokenizer : uint32_t {
  kCl100k = 1,
  kO200k = 2,
};

// The end of the piece that begins at `begin`, which lies before `end`: always further than `begin`.
const char* Cl100kPieceEnd(const char* begin, const char* end);
const char* O200kPieceEnd(const char* begin, const char* end);

// Calls `take` with each piece of `text` in order, until it returns false. The pieces joined are the text.
template <typename Take>
void ForEachPiece(Pretokenizer pretokenizer, std::string_view text, Take&& take) {
  const auto run = [&](auto piece_end) {
    const char* const end = text.data() + text.size();
    for (const char* at = text.data(); at < end;) {
      const char* const next = piece_end(at, end);
      if (!take(std::string_view(at, static_cast<size_t>(next - at)))) return;
      at = next;
    }
  };
  if (pretokenizer == Pretokenizer::kCl100k) {
    run([](const char* at, const char* end) { return Cl100kPieceEnd(at, end); });
  } else {
    run([](const char* at, const char* end) { return O200kPieceEnd(at, end); });
  }
}

}  // namespace tokenfoundry::tokens
