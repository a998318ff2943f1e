// How random a value looks, and whether it only stands where a secret would: "<password>", "xxxx", "${TOKEN}".
#pragma once

#include <cstddef>
#include <string_view>

namespace tokenfoundry::pii {

struct CharacterClasses {
  size_t lower = 0;
  size_t upper = 0;
  size_t digit = 0;
  size_t sign = 0;  // Of those that people put into passwords, but for a last one that ends a sentence.
  size_t distinct = 0;
  int Kinds() const { return (lower > 0) + (upper > 0) + (digit > 0) + (sign > 0); }
};

// Of the first 256 bytes.
CharacterClasses ClassesOf(std::string_view value);

// Shannon entropy in bits per character, of the first 256 bytes.
double EntropyBits(std::string_view value);

// Whether chance made it rather than a person or a program's author: long, mixed, and no words joined by signs.
bool LooksRandom(std::string_view value);

// Whether it is a password that nobody would write as a word: "Gatto99!", "hunter2".
bool LooksLikePassword(std::string_view value);

// Whether the value names, asks for, hides or computes the secret instead of being it.
bool IsPlaceholder(std::string_view value);

}  // namespace tokenfoundry::pii
