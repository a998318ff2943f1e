#include "tokenfoundry/pii/names_lexicon_internal.h"

namespace tokenfoundry::pii {

bool AddToLexicon(std::string* slots, uint64_t plain_hash, uint16_t classes) {
  const uint16_t fingerprint = Lexicon::FingerprintOf(plain_hash);
  uint8_t* const bytes = reinterpret_cast<uint8_t*>(slots->data());
  uint32_t slot = Lexicon::SlotOf(plain_hash);
  for (uint32_t step = 0; step < kLexiconSlots / 16; ++step, slot = (slot + 1) & (kLexiconSlots - 1)) {
    uint8_t* const at = bytes + slot * kLexiconSlotBytes;
    const uint16_t found = static_cast<uint16_t>(at[0] | at[1] << 8);
    if (found != 0 && found != fingerprint) continue;
    at[0] = static_cast<uint8_t>(fingerprint);
    at[1] = static_cast<uint8_t>(fingerprint >> 8);
    at[2] = static_cast<uint8_t>(at[2] | classes);
    at[3] = static_cast<uint8_t>(at[3] | classes >> 8);
    return true;
  }
  return false;
}

}  // namespace tokenfoundry::pii
