// What is known of a word by itself: whether it is somebody's given name or surname, a title, a particle, an everyday
// word.
//
// A hash set of 16-bit fingerprints with sixteen class bits each, made for 200,000 words in 1 MB: a word that is not in
// it is taken for one that is about once in 40,000 look-ups. Immutable; the slots are borrowed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/base/attributes.h"

namespace tokenfoundry::pii {

// One bit each. Part of the model: never renumbered without a new kNameFeatureVersion.
enum WordClass : uint16_t {
  kGivenName = 1,
  kSurname = 2,
  kTitle = 4,        // signora, Dr, maître
  kParticle = 8,     // de, von, van der
  kStopWord = 16,    // In lower case never part of a name.
  kEveryday = 32,    // Met in lower case in the training text.
  kPlaceCue = 64,    // via, street, GmbH, university: what stands beside it names no person.
  kPlaceName = 128,  // Countries, nationalities, large cities, months, weekdays.
  kKnown = 256,      // Met often enough in the training text to have weights of its own.
};

inline constexpr uint32_t kLexiconSlots = 1 << 18;
inline constexpr uint32_t kLexiconSlotBytes = 4;  // Fingerprint, zero where free; classes; both little-endian.
inline constexpr uint32_t kLexiconBytes = kLexiconSlots * kLexiconSlotBytes;

class Lexicon {
 public:
  // `slots` must hold kLexiconBytes and have a free slot.
  explicit Lexicon(const uint8_t* slots ABSL_ATTRIBUTE_LIFETIME_BOUND) : slots_(slots) {}

  // The classes of the word with this Word::plain_hash; 0 for a word that is not known.
  uint16_t Find(uint64_t plain_hash) const {
    const uint16_t fingerprint = FingerprintOf(plain_hash);
    for (uint32_t slot = SlotOf(plain_hash);; slot = (slot + 1) & (kLexiconSlots - 1)) {
      const uint8_t* at = slots_ + slot * kLexiconSlotBytes;
      const uint16_t found = static_cast<uint16_t>(at[0] | at[1] << 8);
      if (found == fingerprint) return static_cast<uint16_t>(at[2] | at[3] << 8);
      if (found == 0) return 0;
    }
  }

  // Begins to load what Find will read.
  void Prefetch(uint64_t plain_hash) const { __builtin_prefetch(slots_ + SlotOf(plain_hash) * kLexiconSlotBytes); }

  static uint32_t SlotOf(uint64_t plain_hash) { return static_cast<uint32_t>(plain_hash) & (kLexiconSlots - 1); }
  static uint16_t FingerprintOf(uint64_t plain_hash) {
    const uint16_t bits = static_cast<uint16_t>(plain_hash >> 40);
    return bits == 0 ? 1 : bits;
  }

 private:
  const uint8_t* const slots_;
};

// Adds `classes` to the word's. False when there is no room near its place.
bool AddToLexicon(std::string* slots, uint64_t plain_hash, uint16_t classes);

}  // namespace tokenfoundry::pii
