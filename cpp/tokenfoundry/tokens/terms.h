// What a vocabulary says of itself beside its tokens: how text is cut and prepared, and what its special tokens are.
#pragma once

#include <cstdint>
#include <string>

namespace tokenfoundry::tokens {

// Written in the table's header: never renumbered.
enum class Pretokenizer : uint32_t {
  kCl100k = 1,
  kO200k = 2,
  kGpt2 = 3,    // Also r50k_base and p50k_base.
  kQwen = 4,    // Qwen 1 to 3.
  kLlama3 = 5,  // cl100k as Llama 3 writes it: white space that ends the text is cut at its last newline.
  kTekken = 6,  // Mistral: o200k without contractions, one number a piece.
  // SentencePiece, where a space begins a word:
  kSpaces = 7,     // before each run of spaces,
  kEachSpace = 8,  // before each space,
  kWhole = 9,      // nowhere.
};

// What is done with a text before it is cut, and where merging starts: bits of `text_rules`. Never renumbered.
enum TextRule : uint32_t {
  kNfc = 1,                   // Canonical composition.
  kUnderscoresAreSpaces = 2,  // U+2581, which SentencePiece writes for a space, is one in the text too.
  kSpaceBefore = 4,           // A space is put before.
  kUnlessThere = 8,           // ... unless the text begins with one.
  kOnlyFirst = 16,            // ... and not behind a special token.
  kDropsFirstSpace = 32,      // Decoding drops it again.
  kFromCharacters = 64,       // Merging starts from characters; only one that is no token is bytes.
  kAllTextRules = 127,
};

// Of a special token. No text is one unless the caller allows it. Bits of its `traits`. Never renumbered.
enum SpecialTrait : uint32_t {
  kMayBeOrdinary = 1,  // It may have the id of an ordinary token, which other text comes to by merging.
  kNever = 2,          // No text is one, whatever is allowed: it is only ever decoded.
  kTakesSpaceBefore = 4,
  kTakesSpaceBehind = 8,
  kAllSpecialTraits = 15,
};

struct SpecialToken {
  uint32_t id = 0;
  std::string text;
  uint32_t traits = 0;  // SpecialTrait
};

}  // namespace tokenfoundry::tokens
