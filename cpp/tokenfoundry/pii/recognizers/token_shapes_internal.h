// The shapes that issuers give their tokens: what one starts with, of what it is made, how long it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tokenfoundry::pii {

enum class Alphabet : uint8_t {
  kDigits,
  kHex,          // Small letters.
  kHexDashes,    // The same in groups.
  kUpperDigits,  // A-Z 0-9.
  kAlnum,
  kWord,    // Letters, digits, _.
  kDashed,  // Letters, digits, -.
  kBase64Url,
  kDotted,  // Base64url and dots.
  kBase64,
  kPath,  // Base64url and slashes.
};

// What else must be right.
enum class Structure : uint8_t {
  kPlain,         // Nothing.
  kMixed,         // Capitals among the digits.
  kRandom,        // It must look random: the prefix is also a word's beginning.
  kSendGrid,      // Two parts with a dot between.
  kGitHub,        // The last six characters check the others.
  kTokenFoundry,  // Eight, forty-three and six characters; the last check the others.
};

bool Holds(Alphabet alphabet, char c);

struct TokenShape {
  std::string_view issuer;
  std::string_view prefix;
  Alphabet alphabet;  // Of what follows the prefix.
  size_t min;         // Characters of it.
  size_t max;
  Alphabet lead_alphabet = Alphabet::kAlnum;  // Of what stands before the prefix, which is then inside the token.
  size_t lead_min = 0;
  size_t lead_max = 0;
  bool loose = true;  // Whether another length that looks random is also a token, of which less is sure.
  Structure structure = Structure::kPlain;
};

std::span<const TokenShape> TokenShapes();

// CRC-32 (ISO 3309) of `body` as six characters of base62, digits and capitals first: how GitHub's tokens and this
// project's keys end.
bool HasBase62Crc(std::string_view body, std::string_view check);

}  // namespace tokenfoundry::pii
