// From an anchor to an exact extent: one recognizer an anchor, each a pure pass over the places that Hyperscan saw.
//
// A recognizer may serve several entities. It does a bounded number of steps per anchor, or steps over each byte a
// bounded number of times, so the whole stays linear whatever the text; the Sink counts the steps for the test that
// holds this.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenfoundry/pii/byte_maps_internal.h"
#include "tokenfoundry/pii/candidate_internal.h"
#include "tokenfoundry/pii/cues_internal.h"
#include "tokenfoundry/pii/entity_internal.h"

namespace tokenfoundry::pii {

// Where one entity of the catalogue stands in a detector's list, or kOff.
using ActiveEntities = std::array<int16_t, kEntityCount>;
inline constexpr int16_t kOff = -1;

// What recognizers say about one text. The scores are the catalogue's.
class Sink {
 public:
  Sink(const ActiveEntities& active, CueReader* cues, std::vector<Candidate>* candidates)
      : active_(active), cues_(*cues), candidates_(*candidates) {}

  bool Wants(Entity entity) const { return active_[static_cast<size_t>(entity)] != kOff; }

  // The value proves itself.
  void AddValidated(Entity entity, size_t start, size_t end);

  // The value's check digits fit, which many numbers do by chance: a word beside it makes it sure, else it has the
  // entity's score alone, or `alone` where that is higher.
  void AddChecked(Entity entity, size_t start, size_t end, double alone = 0);

  // Only the form fits: the same, but it stays unproved.
  void AddForm(Entity entity, size_t start, size_t end, double alone = 0);

  // A recognizer that has weighed the context itself. `cue` is what spoke for it.
  void Add(Entity entity, size_t start, size_t end, Evidence proof, double score, Extent cue = {});

  CueReader& cues() { return cues_; }

  uint64_t steps = 0;  // Bytes looked at, the validators' own passes counted once.

 private:
  void AddWithCue(Entity entity, size_t start, size_t end, Evidence with_cue, double score_with_cue, double alone);

  const ActiveEntities& active_;
  CueReader& cues_;
  std::vector<Candidate>& candidates_;
};

// `anchor_ends` are byte offsets, ascending, one past the last byte of each match of the recognizer's anchor.
using Recognize = void (*)(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink);

struct Recognizer {
  std::string (*anchor)();  // A regular expression over bytes; only its match ends are used, so it needs no start.
  bool caseless;
  Recognize recognize;
  const Recognizer* next = nullptr;  // Another anchor of the same entities.
  Seek seek = nullptr;               // The same matches, where they are found sooner without Hyperscan.
};

// The first digit of each run of digits. Recognizers with one anchor share its matches.
std::string DigitRunAnchor();
void SeekDigitRuns(std::string_view text, const ByteMaps& maps, std::vector<uint32_t>* ends);

extern const Recognizer kCardRecognizer;
extern const Recognizer kCodeRecognizer;
extern const Recognizer kCryptoRecognizer;
extern const Recognizer kBicRecognizer;
extern const Recognizer kEmailRecognizer;
extern const Recognizer kFiscalCodeRecognizer;
extern const Recognizer kIbanRecognizer;
extern const Recognizer kIpAddressRecognizer;
extern const Recognizer kIpv6AddressRecognizer;
extern const Recognizer kMacAddressRecognizer;
extern const Recognizer kPhoneRecognizer;
extern const Recognizer kSecretAssignedRecognizer;
extern const Recognizer kSecretJwtRecognizer;
extern const Recognizer kSecretPemRecognizer;
extern const Recognizer kSecretTokenRecognizer;
extern const Recognizer kSecretUserinfoRecognizer;
extern const Recognizer kUrlBareRecognizer;
extern const Recognizer kUrlRecognizer;
extern const Recognizer kDateOfBirthRecognizer;
extern const Recognizer kDateTimeRecognizer;
extern const Recognizer kPlateRecognizer;
extern const Recognizer kPostcodeRecognizer;
extern const Recognizer kStreetAddressRecognizer;

}  // namespace tokenfoundry::pii
