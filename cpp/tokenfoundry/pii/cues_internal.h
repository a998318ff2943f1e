// Words that tell what stands beside them: "partita IVA", "tel.", "passport no".
//
// A CueTable is built once for a detector and shared. A CueReader belongs to one text: it reads a block of 256 bytes
// the first time something asks about it, so the work is linear in the text and nothing is read where no number is in
// doubt. A word is a run of letters, lower-cased; a phrase is up to three words with at most three other characters
// between them, and is also known written together ("codiceFiscale").
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tokenfoundry/pii/candidate_internal.h"
#include "tokenfoundry/pii/columns_internal.h"

namespace tokenfoundry::pii {

// What a phrase speaks for. Numbers from kCustom on belong to custom patterns.
enum class Cue : uint16_t {
  kNone,   // Nothing speaks for it.
  kPhone,  // A telephone, a fax, a messenger.
  kOther,  // Some number that is nobody's: an order, an invoice, an article, a version.
  kBank,
  kBic,
  kRouting,
  kCard,
  kFiscalCode,
  kVat,
  kIdentityCard,
  kPassport,
  kDriverLicense,
  kHealthCard,
  kDate,
  kBirth,
  kAddress,
  kPostcode,
  kPlate,
  kSecret,
  kCrypto,
  kIp,
  kMac,
  kVersion,  // Versions, sections, object identifiers: numbers with dots that are no addresses.
  kAtSvnr,
  kBeNationalNumber,
  kBgEgn,
  kChAhv,
  kCzBirthNumber,
  kDeBsnr,
  kDeHandelsregister,
  kDeHealthInsurance,
  kDeLanr,
  kDeSocialSecurity,
  kDeTaxId,
  kDeTaxNumber,
  kDkCpr,
  kEeIsikukood,
  kEsCif,
  kEsNie,
  kEsNif,
  kFiHetu,
  kFrNir,
  kFrSiren,
  kFrSiret,
  kGrAmka,
  kHrOib,
  kIePps,
  kMedicalLicense,
  kNlBsn,
  kNoFodselsnummer,
  kPlNip,
  kPlPesel,
  kPlRegon,
  kPtNif,
  kRoCnp,
  kSeOrganisationsnummer,
  kSePersonnummer,
  kUkNhs,
  kUkNino,
  kUsClaim,
  kUsHealthInsurance,
  kUsItin,
  kUsMbi,
  kUsNpi,
  kUsPrescription,
  kUsPriorAuthorization,
  kUsReferral,
  kUsSsn,
  kUsTaxId,
  kCustom,
};

// One row of the catalogue of cues: the phrases, separated by "|"; one that ends in "*" is the beginning of a word.
struct CueRow {
  Cue cue;
  std::string_view language;  // ISO 639-1, or "*" for words that every language uses.
  std::string_view phrases;
};

std::span<const CueRow> CueRows();

class CueTable {
 public:
  // The built-in rows of `languages` and of "*".
  explicit CueTable(std::span<const std::string_view> languages);

  // `phrase` as in a CueRow; one to three words. Returns false for a phrase without a letter or with more words.
  bool Add(std::string_view phrase, Cue cue);

 private:
  friend class CueReader;
  static constexpr int kFilterLog = 16;
  static constexpr size_t kFilterBits = size_t{1} << kFilterLog;
  static constexpr uint64_t kBegunLetters = 0xFFFFFFFF;  // Four.

  void AddHash(uint64_t hash, Cue cue);
  void AddBeginning(std::string_view word, bool goes_on);
  void AddBegun(uint64_t letters, size_t count);
  // Whether a word of this beginning may be one of a phrase.
  bool MayBegin(uint64_t letters) const {
    return words_[FilterBit(letters)] || begun_words_[FilterBit(letters & kBegunLetters)];
  }
  static size_t FilterBit(uint64_t letters) { return letters * 0x9E3779B97F4A7C15 >> (64 - kFilterLog); }
  const std::vector<Cue>* Find(uint64_t hash) const {
    if (!filter_[hash % kFilterBits]) return nullptr;
    const auto found = cues_.find(hash);
    return found == cues_.end() ? nullptr : &found->second;
  }

  std::unordered_map<uint64_t, std::vector<Cue>> cues_;  // By the hash of the phrase.
  std::bitset<kFilterBits> words_;                       // Eight letters of the words in phrases, and of those written
                                                         // together;
  std::bitset<kFilterBits> begun_words_;                 // four of those of which phrases have the beginning alone.
  std::bitset<kFilterBits> filter_;                      // Of those hashes: most words end here.
  std::bitset<kFilterBits> stems_;                       // Of hashes of the beginnings that phrases with "*" have,
  std::bitset<kFilterBits> stem_words_;                  // and of those of their last words.
};

class CueReader {
 public:
  CueReader(const CueTable& table, std::string_view text) : table_(table), text_(text), blocks_(BlockCount(text)) {}

  // The phrase that speaks for `cue` and belongs to what starts at `start`: the nearest phrase before it, or one
  // further off with no other long number in between, or one in the header of its column.
  std::optional<Extent> BeforeOrAbove(size_t start, Cue cue);

  // The same, or one just behind [start, end) on the same line.
  std::optional<Extent> Beside(size_t start, size_t end, Cue cue);

  // Which of `cues` the nearest phrase before `start` speaks for, or kNone. The first named wins where a phrase speaks
  // for several.
  Cue NearestBefore(size_t start, std::span<const Cue> cues);

  // Whether any phrase of the table stands in the text.
  bool FindsAny();

  ColumnReader& columns() { return columns_; }

  uint64_t steps() const { return steps_ + columns_.steps(); }  // Bytes read.

 private:
  static constexpr size_t kBlockBytes = 256;
  struct Hit {
    Extent place;
    const std::vector<Cue>* cues;
  };
  struct Block {
    bool read = false;
    uint32_t first = 0;  // Of its hits, in hits_.
    uint32_t count = 0;
  };
  using Near = std::array<Hit, 8>;

  static size_t BlockCount(std::string_view text) { return text.size() / kBlockBytes + 1; }
  void Read(size_t block);
  // Hits that end in (from, to], the nearest to `to` first. Returns how many.
  size_t HitsEndingIn(size_t from, size_t to, Near* near);

  static bool SpeaksFor(const Hit& hit, Cue cue);
  std::optional<Extent> Above(size_t start, Cue cue);

  const CueTable& table_;
  const std::string_view text_;
  ColumnReader columns_{text_};
  std::vector<Block> blocks_;
  std::vector<Hit> hits_;  // Block by block, as they were read.
  uint64_t steps_ = 0;
};

}  // namespace tokenfoundry::pii
