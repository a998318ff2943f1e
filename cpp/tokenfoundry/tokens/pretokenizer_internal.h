// Cuts text into the pieces inside which tokens are merged: the published split patterns, by hand-written scanners.
//
// Free functions without state; any thread. A scanner looks at each byte a bounded number of times, whatever the text.
#pragma once

#include <cstdint>
#include <string_view>

#include "tokenfoundry/tokens/terms.h"

namespace tokenfoundry::tokens {

// What tells the patterns apart. pretokenizer.cc has them in full.
struct Rules {
  bool cases;               // Words end where a capital follows a small letter, and take a contraction along.
  bool newlines;            // Newlines end white space, and punctuation takes those that follow it along.
  bool slashes;             // Slashes too, after such a newline.
  bool contractions;        // 's, 't, 're, 've, 'm, 'll and 'd are pieces, or ends of words.
  bool folds_contractions;  // 'S is one as well as 's.
  bool keeps_last_space;    // White space that ends the text is one piece, whatever newlines are in it.
  int digits;               // The most numbers a piece; 0 is any, and then a blank before them belongs to them.
};
inline constexpr Rules kCl100kRules = {false, true, false, true, true, true, 3};
inline constexpr Rules kO200kRules = {true, true, true, true, true, false, 3};
inline constexpr Rules kGpt2Rules = {false, false, false, true, false, true, 0};
inline constexpr Rules kQwenRules = {false, true, false, true, true, false, 1};
inline constexpr Rules kLlama3Rules = {false, true, false, true, true, false, 3};
inline constexpr Rules kTekkenRules = {true, true, true, false, false, false, 1};

// The end of the piece that begins at `begin`, which lies before `end`: always further than `begin`.
using PieceEnd = const char* (*)(const char* begin, const char* end);
const char* Cl100kPieceEnd(const char* begin, const char* end);
const char* O200kPieceEnd(const char* begin, const char* end);
const char* Gpt2PieceEnd(const char* begin, const char* end);
const char* QwenPieceEnd(const char* begin, const char* end);
const char* Llama3PieceEnd(const char* begin, const char* end);
const char* TekkenPieceEnd(const char* begin, const char* end);
const char* SpacesPieceEnd(const char* begin, const char* end);
const char* EachSpacePieceEnd(const char* begin, const char* end);
const char* WholePieceEnd(const char* begin, const char* end);
PieceEnd PieceEndOf(Pretokenizer pretokenizer);  // Null for a number that none has.

// The bytes of the contraction at `at`, an apostrophe, or 0.
int ContractionBytes(const char* at, const char* end, bool folds);

}  // namespace tokenfoundry::tokens
