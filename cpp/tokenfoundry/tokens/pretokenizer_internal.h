// Cuts text into the pieces inside which tokens are merged: the published split patterns, by hand-written scanners.
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
  kGpt2 = 3,    // Also r50k_base and p50k_base.
  kQwen = 4,    // Qwen 1 to 3.
  kLlama3 = 5,  // cl100k as Llama 3 writes it: white space that ends the text is cut at its last newline.
};

// What tells the patterns apart. pretokenizer.cc has them in full.
struct Rules {
  bool cases;               // Words end where a capital follows a small letter, and take a contraction along.
  bool newlines;            // Newlines end white space, and punctuation takes those that follow it along.
  bool slashes;             // Slashes too, after such a newline.
  bool folds_contractions;  // 'S is one as well as 's.
  bool keeps_last_space;    // White space that ends the text is one piece, whatever newlines are in it.
  int digits;               // The most numbers a piece; 0 is any, and then a blank before them belongs to them.
};
inline constexpr Rules kCl100kRules = {false, true, false, true, true, 3};
inline constexpr Rules kO200kRules = {true, true, true, true, false, 3};
inline constexpr Rules kGpt2Rules = {false, false, false, false, true, 0};
inline constexpr Rules kQwenRules = {false, true, false, true, false, 1};
inline constexpr Rules kLlama3Rules = {false, true, false, true, false, 3};

// The end of the piece that begins at `begin`, which lies before `end`: always further than `begin`.
using PieceEnd = const char* (*)(const char* begin, const char* end);
const char* Cl100kPieceEnd(const char* begin, const char* end);
const char* O200kPieceEnd(const char* begin, const char* end);
const char* Gpt2PieceEnd(const char* begin, const char* end);
const char* QwenPieceEnd(const char* begin, const char* end);
const char* Llama3PieceEnd(const char* begin, const char* end);
PieceEnd PieceEndOf(Pretokenizer pretokenizer);  // Null for a number that none has.

// The bytes of the contraction at `at`, an apostrophe, or 0.
int ContractionBytes(const char* at, const char* end, bool folds);

}  // namespace tokenfoundry::tokens
