// A line as the name tagger sees it: words, and between them gaps.
//
// A word is a run of letters, marks, digits and underscores; whatever stands between two words is the gap before the
// second. Segments bound what a word can see: a segment ends at a line break, at a gap of over 16 bytes and at a word
// of over 32 bytes. Words are cut one at a time, so a line of any length needs room for one word only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tokenfoundry::pii {

inline constexpr size_t kMaxGapBytes = 16;
inline constexpr size_t kMaxWordBytes = 32;
inline constexpr size_t kMaxChunkBytes = 128;    // A longer piece without space or quote is no prose,
inline constexpr size_t kMaxStretchBytes = 512;  // nor is what is left of a stretch of such pieces after so many bytes.

enum class Shape : uint8_t {
  kNothing,      // Beyond the segment's border.
  kLower,        // word
  kCapitalised,  // Word
  kUpper,        // WORD
  kInitial,      // W
  kInnerUpper,   // McDonald, JavaScript
  kSingleLower,  // w
  kCamel,        // camelCase
  kDigits,       // 2024
  kIdentifier,   // word2, snake_case
  kUncased,      // A script without case
};

// Numbers are part of the model: a new kind changes every trained file (kNameFeatureVersion).
enum class Gap : uint8_t {
  kBorder,  // The segment begins here.
  // A name may go on across these:
  kSpace,
  kHyphen,
  kApostrophe,
  kPeriodSpace,  // Also ".-"; only behind an initial or an abbreviation.
  kPeriod,
  kComma,
  kQuote,
  // and never across these:
  kPossessive,
  kColon,
  kSemicolon,
  kOpen,
  kClose,
  kDash,
  kSlash,
  kSentenceEnd,
  kColumn,     // A tab or two spaces and more.
  kTechnical,  // = \ | < > { } # $ % & * + ~ ^ ` @
  kOther,
};
inline constexpr int kGapCount = 19;
struct Word {
  uint64_t hash = 0;        // Of the lower-case form, until Classify finds that the word is not known.
  uint64_t plain_hash = 0;  // The same without accents: the key of the lexicon.
  uint64_t stem_hash = 0;   // plain_hash without the last letter, an s; 0 if the word does not end in one or is short.
  uint32_t prefix3 = 0;     // Hashes of the lower-case form's first 3, last 2, 3 and 4 characters.
  uint32_t suffix2 = 0;
  uint32_t suffix3 = 0;
  uint32_t suffix4 = 0;
  uint32_t gap_hash = 0;  // Of the gap before, byte by byte.
  uint32_t start = 0;     // Bytes, from the start of the text.
  uint32_t end = 0;
  Shape shape = Shape::kNothing;
  Gap gap = Gap::kBorder;
  uint8_t letters = 0;   // Code points.
  uint16_t classes = 0;  // Of the lexicon (names_lexicon_internal.h).
  bool barred = false;   // Part of an address, a path or another stretch that is no prose.
  bool sentence_start = false;
  bool genitive = false;  // Its classes are those of the word without its s.
};

// Whether a name may go on from `before` to `word`, its successor in the segment.
inline bool Joins(const Word& before, const Word& word) {
  constexpr uint8_t kLongestAbbreviation = 4;  // Letters.
  if (word.gap == Gap::kPeriodSpace) return before.letters <= kLongestAbbreviation;
  return word.gap >= Gap::kSpace && word.gap <= Gap::kQuote;
}

// Cuts one segment after another off `text`, at most 4 GiB of valid UTF-8.
class WordCutter {
 public:
  explicit WordCutter(std::string_view text) : text_(text) {}

  enum class Cut { kWord, kSegmentEnd, kTextEnd };
  // kWord: `word` holds the next word of the segment. kSegmentEnd: the next word, if any, begins another segment.
  Cut Next(Word* word);

  // What follows the last word of a segment counts as the gap before its border.
  Gap closing_gap() const { return closing_gap_; }
  uint32_t closing_gap_hash() const { return closing_gap_hash_; }

 private:
  struct GapRead {
    Gap gap;
    uint32_t hash;
    bool sentence_end;
  };
  bool ReadGap(GapRead* read);
  bool ReadWord(Word* word);
  bool ReadWideWord(Word* word);
  bool InProse(size_t at);

  const std::string_view text_;
  size_t at_ = 0;
  size_t chunk_end_ = 0;  // The chunk that was classified last, and what it was.
  bool chunk_barred_ = false;
  size_t stretch_start_ = 0;  // What stands between two spaces or quotes may be several chunks.
  bool stretch_sticky_ = false;
  bool segment_start_ = true;
  Gap closing_gap_ = Gap::kBorder;
  uint32_t closing_gap_hash_ = 0;
};

}  // namespace tokenfoundry::pii
