// The words that say that a secret follows, and what may stand between a word and its value.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tokenfoundry::pii {

enum class SecretKind : uint8_t {
  kPassword,        // A person chose it: it may be short.
  kPass,            // The same, said with a word that also means other things.
  kQuotedPassword,  // The same, only in quotes: SQL.
  kToken,           // A machine made it: it is long and looks random.
  kKey,             // The same, where a word before says what it opens: "api key".
  kAuthorization,   // A scheme's name stands first: "Basic", "Bearer".
  kScheme,          // That name, with the value right behind it.
  kSignature,       // Of a URL: "&sig=".
};

struct SecretWord {
  std::string_view word;  // Lower case.
  SecretKind kind;
  bool whole;  // No letter may be joined in front, but for a change of case.
};

std::span<const SecretWord> SecretWords();

// Words before "key" that make it secret: "api", "access"; lower case, sorted.
std::span<const std::string_view> KeyQualifiers();

// What an identifier may go on with behind the word: "password_prod"; lower case.
std::span<const std::string_view> SecretSuffixes();

// Verbs that stand for a colon: "is", "è", "lautet".
std::span<const std::string_view> SecretCopulas();

}  // namespace tokenfoundry::pii
