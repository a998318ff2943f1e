#include <algorithm>
#include <array>

#include "tokenfoundry/pii/names_features_internal.h"
#include "tokenfoundry/pii/names_hash_internal.h"

namespace tokenfoundry::pii {
namespace {

// Spreads a hash over `rows` without a division.
uint32_t RowOf(uint64_t hash, uint32_t rows) { return static_cast<uint32_t>((hash >> 32) * rows >> 32); }

constexpr uint16_t kKindClasses = 0xFF & ~kStopWord;

// Shape and classes of a word in 12 bits: what can be said of it without knowing which it is.
uint64_t KindOf(const Word& word) { return static_cast<uint64_t>(word.shape) << 8 | (word.classes & kKindClasses); }

uint64_t CodeOf(const Word& word) { return word.hash + static_cast<uint64_t>(word.shape == Shape::kNothing); }

// Whether capitals and whether small letters begin words near `at`, before and behind: four bits.
uint64_t SurroundingCase(const Word* at) {
  uint64_t bits = 0;
  for (int i = 1; i <= kContextWords; ++i) {
    const Shape before = at[-i].shape;
    const Shape behind = at[i].shape;
    bits |= before == Shape::kCapitalised || before == Shape::kUpper ? 1 : 0;
    bits |= before == Shape::kLower ? 2 : 0;
    bits |= behind == Shape::kCapitalised || behind == Shape::kUpper ? 4 : 0;
    bits |= behind == Shape::kLower ? 8 : 0;
  }
  return bits;
}

uint64_t LengthBucket(const Word& word) { return word.letters >= 12 ? 9 : word.letters >= 9 ? 8 : word.letters; }

// What stands before a number, and in capitals is nobody's name.
constexpr std::array kLabels = {HashShort("iban"),  HashShort("bban"), HashShort("swift"), HashShort("isin"),
                                HashShort("piva"),  HashShort("vat"),  HashShort("ustid"), HashShort("nif"),
                                HashShort("nie"),   HashShort("dni"),  HashShort("siret"), HashShort("siren"),
                                HashShort("ssn"),   HashShort("pec"),  HashShort("tel"),   HashShort("fax"),
                                HashShort("email"), HashShort("cvv"),  HashShort("cvc"),   HashShort("otp")};

bool IsLabel(const Word& word) {
  return word.letters >= 3 && word.letters <= 5 && std::ranges::find(kLabels, word.plain_hash) != kLabels.end();
}

}  // namespace

void Classify(const Lexicon& lexicon, Word* word) {
  switch (word->shape) {
    case Shape::kNothing:
    case Shape::kDigits:
    case Shape::kIdentifier:
    case Shape::kUncased:
      return;
    default:
      break;
  }
  constexpr uint16_t kNames = kGivenName | kSurname;
  word->classes = lexicon.Find(word->plain_hash);
  if ((word->classes & kKnown) == 0) word->hash = kUnknownWord;
  if (word->stem_hash == 0 || (word->classes & kNames) != 0) return;
  const uint16_t stem = lexicon.Find(word->stem_hash) & kNames;
  word->classes = static_cast<uint16_t>(word->classes | stem);
  word->genitive = stem != 0;
}

bool CanBeName(const Word& word) {
  switch (word.shape) {
    case Shape::kUpper:
      return !word.barred && !IsLabel(word);
    case Shape::kNothing:
    case Shape::kDigits:
    case Shape::kIdentifier:
    case Shape::kCamel:
    case Shape::kUncased:
      return false;
    case Shape::kLower:
      return !word.barred && (word.classes & kStopWord) == 0;
    case Shape::kSingleLower:
      return !word.barred && (word.gap == Gap::kApostrophe || (word.classes & kStopWord) == 0);
    default:
      return !word.barred;
  }
}

int WordFeatures(const Word& word, std::array<uint32_t, kMaxWordFeatures>* rows) {
  int count = 0;
  const auto add = [&](uint64_t kind, uint64_t value) { (*rows)[count++] = RowOf(Mix(value, kind), kWordRows); };
  const uint64_t shape = static_cast<uint64_t>(word.shape);
  if (word.shape == Shape::kNothing) {
    add(1, 0);
    return count;
  }
  if (word.shape == Shape::kDigits || word.shape == Shape::kIdentifier || word.shape == Shape::kUncased) {
    add(2, shape << 8 | LengthBucket(word));
    return count;
  }
  add(3, word.hash);
  if (word.shape == Shape::kLower && (word.classes & kStopWord) != 0) return count;
  add(5, KindOf(word));
  add(6, static_cast<uint64_t>(word.suffix3) << 8 | shape);
  add(7, shape << 8 | LengthBucket(word));
  if (word.letters > 2) {
    add(8, static_cast<uint64_t>(word.suffix2) << 8 | shape);
    add(9, static_cast<uint64_t>(word.prefix3) << 8 | shape);
    add(10, static_cast<uint64_t>(word.suffix4) << 8 | shape);
  }
  return count;
}

int PairFeatures(const Word* at, std::array<uint32_t, kMaxPairFeatures>* rows) {
  const Word& a = at[-2];
  const Word& b = at[-1];
  const Word& c = at[0];
  const Word& d = at[1];
  const Word& e = at[2];
  int count = 0;
  const auto add = [&](uint64_t kind, uint64_t left, uint64_t right) {
    (*rows)[count++] = RowOf(Mix(left + kind, right), kPairRows);
  };
  const uint64_t kind_a = KindOf(a), kind_b = KindOf(b), kind_c = KindOf(c), kind_d = KindOf(d), kind_e = KindOf(e);
  const uint64_t shape_b = static_cast<uint64_t>(b.shape), shape_c = static_cast<uint64_t>(c.shape);
  const uint64_t shape_d = static_cast<uint64_t>(d.shape);
  const uint64_t gap_c = static_cast<uint64_t>(c.gap), gap_d = static_cast<uint64_t>(d.gap);
  const uint64_t surrounding = SurroundingCase(at);
  const uint64_t start = c.sentence_start;
  constexpr uint64_t kStep = 0x9E3779B97F4A7C15u;  // Keeps the kinds apart.
  add(1 * kStep, CodeOf(b), kind_c);
  add(2 * kStep, CodeOf(d), kind_c);
  add(3 * kStep, CodeOf(b), c.hash);
  add(4 * kStep, c.hash, CodeOf(d));
  add(5 * kStep, c.gap_hash, kind_c << 1 | start);
  add(6 * kStep, d.gap_hash, kind_c);
  add(7 * kStep, gap_c << 8 | gap_d, shape_b << 16 | shape_c << 8 | shape_d);
  add(8 * kStep, kind_b << 8 | gap_c, kind_c);
  add(9 * kStep, kind_d << 8 | gap_d, kind_c);
  add(10 * kStep, kind_b << 16 | kind_d, kind_c);
  add(11 * kStep, CodeOf(a) ^ CodeOf(b) << 1, shape_c);
  add(12 * kStep, CodeOf(d) ^ CodeOf(e) << 1, shape_c);
  add(13 * kStep, surrounding << 1 | start, kind_c);
  add(14 * kStep, c.hash, start << 8 | shape_c);
  add(15 * kStep, c.suffix3, shape_b << 16 | gap_c << 8 | shape_c);
  add(16 * kStep, CodeOf(b), kind_c << 12 | kind_d);
  add(17 * kStep, CodeOf(d), kind_c << 12 | kind_b);
  add(18 * kStep, kind_a << 12 | kind_b, kind_c);
  add(19 * kStep, kind_d << 12 | kind_e, kind_c);
  add(20 * kStep, c.hash, surrounding);
  // "Surname, Given;" against a list of surnames.
  constexpr uint64_t kNames = kGivenName | kSurname;
  const uint64_t gap_b = static_cast<uint64_t>(b.gap);
  add(22 * kStep, gap_b << 16 | gap_c << 8 | gap_d, shape_c << 4 | (b.classes & kNames) << 2 | (c.classes & kNames));
  return count;
}

}  // namespace tokenfoundry::pii
