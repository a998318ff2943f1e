// What the name tagger weighs: features of one word, and features of a place between its neighbours.
//
// A word's features are rows of 16 weights: two labels (B, I; O is always 0) for each of seven places around it, so a
// word is looked up once and its row sum serves itself and the three words either side. Features that tie several words
// together are rows of two weights. Training and tagging call these same functions.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "tokenfoundry/pii/names_lexicon_internal.h"
#include "tokenfoundry/pii/names_words_internal.h"

namespace tokenfoundry::pii {

// Any change to what is computed here, to the words or to the classes makes old weights meaningless: count this up.
inline constexpr uint32_t kNameFeatureVersion = 2;

inline constexpr uint32_t kWordRows = 196608;
inline constexpr int kWordRowWeights =
    16;                           // 2 * (place + kReach) + label, label 0 is B, 1 is I; the last two are unused.
inline constexpr int kReach = 3;  // Words either side that a word's row speaks to.
inline constexpr uint32_t kPairRows = 880000;
inline constexpr int kPairRowWeights = 2;

// Words either side that must be known before a place can be weighed.
inline constexpr int kContextWords = 6;

inline constexpr int kMaxWordFeatures = 8;
inline constexpr int kMaxPairFeatures = 24;

// Whether the word could be part of a name at all. If not it is O, and what stands left of it is decided apart from
// what stands right of it.
bool CanBeName(const Word& word);

// The `hash` of every word that was met too seldom in training to have weights of its own.
inline constexpr uint64_t kUnknownWord = 0x5EEDFACE;

// Fills `classes` from the lexicon, and makes the words that it does not know one.
void Classify(const Lexicon& lexicon, Word* word);

// Both return how many rows they wrote. A feature's row is below kWordRows and kPairRows.
int WordFeatures(const Word& word, std::array<uint32_t, kMaxWordFeatures>* rows);
// `at` has kContextWords words before and behind it in memory, kNothing words beyond the segment's borders.
int PairFeatures(const Word* at, std::array<uint32_t, kMaxPairFeatures>* rows);

}  // namespace tokenfoundry::pii
