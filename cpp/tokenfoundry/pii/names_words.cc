#include <algorithm>
#include <array>
#include <cstring>

#include "tokenfoundry/pii/names_characters_internal.h"
#include "tokenfoundry/pii/names_hash_internal.h"
#include "tokenfoundry/pii/names_words_internal.h"

namespace tokenfoundry::pii {
namespace {

// What a gap is made of, one bit each.
enum GapPart : uint32_t {
  kPartSpace = 1,
  kPartHyphen = 2,
  kPartApostrophe = 4,
  kPartPeriod = 8,
  kPartComma = 16,
  kPartQuote = 32,
  kPartColon = 64,
  kPartSemicolon = 128,
  kPartOpen = 256,
  kPartClose = 512,
  kPartDash = 1024,
  kPartSlash = 2048,
  kPartSentenceEnd = 4096,
  kPartColumn = 8192,
  kPartTechnical = 16384,
  kPartOther = 32768,
};

uint32_t AsciiPart(char c) {
  switch (c) {
    case ' ':
      return kPartSpace;
    case '-':
      return kPartHyphen;
    case '\'':
      return kPartApostrophe;
    case '.':
      return kPartPeriod;
    case ',':
      return kPartComma;
    case '"':
      return kPartQuote;
    case ':':
      return kPartColon;
    case ';':
      return kPartSemicolon;
    case '(':
    case '[':
      return kPartOpen;
    case ')':
    case ']':
      return kPartClose;
    case '/':
      return kPartSlash;
    case '!':
    case '?':
      return kPartSentenceEnd;
    case '\t':
      return kPartColumn;
    default:
      return kPartTechnical;
  }
}

uint32_t WidePart(std::string_view character) {
  if (character == "’" || character == "‘") return kPartApostrophe;
  if (character == "“" || character == "”" || character == "„" || character == "«" || character == "»")
    return kPartQuote;
  if (character == "–" || character == "—") return kPartDash;
  if (character == "…" || character == "¿" || character == "¡") return kPartSentenceEnd;
  if (character == "\u00A0" || character == "\u202F" || character == "\u2009") return kPartSpace;
  if (character == "‐" || character == "‑") return kPartHyphen;
  return kPartOther;
}

bool IsLineBreak(char c) { return c == '\n' || c == '\r' || c == '\v' || c == '\f'; }

// `spaces` is how many spaces the gap holds, `characters` how many of anything.
Gap GapOf(uint32_t parts, size_t size_bytes, size_t spaces, size_t characters) {
  if (parts == kPartSpace) return spaces <= 1 ? Gap::kSpace : Gap::kColumn;
  if (parts == kPartHyphen) return characters == 1 ? Gap::kHyphen : Gap::kDash;
  if (parts == kPartApostrophe) return Gap::kApostrophe;
  if (parts == kPartPeriod) return size_bytes == 1 ? Gap::kPeriod : Gap::kSentenceEnd;
  if (parts == (kPartPeriod | kPartSpace) && size_bytes <= 3) return Gap::kPeriodSpace;
  if (parts == (kPartPeriod | kPartHyphen) && size_bytes == 2) return Gap::kPeriodSpace;
  if ((parts == kPartComma || parts == (kPartComma | kPartSpace)) && size_bytes <= 2) return Gap::kComma;
  if ((parts & ~(kPartSpace | kPartQuote | kPartApostrophe)) == 0 && size_bytes <= 5) return Gap::kQuote;
  if (parts & kPartTechnical) return Gap::kTechnical;
  if (parts & kPartSentenceEnd) return Gap::kSentenceEnd;
  if (parts & kPartColumn) return Gap::kColumn;
  if (parts & kPartOpen) return Gap::kOpen;
  if (parts & kPartClose) return Gap::kClose;
  if (parts & kPartColon) return Gap::kColon;
  if (parts & kPartSemicolon) return Gap::kSemicolon;
  if (parts & kPartSlash) return Gap::kSlash;
  if (parts & (kPartDash | kPartHyphen)) return Gap::kDash;
  if ((parts & kPartPeriod) && (parts & kPartQuote)) return Gap::kSentenceEnd;
  return Gap::kOther;
}

// What a byte is to a chunk.
enum ChunkByte : uint8_t {
  kChunkInner = 0,
  kChunkEnd = 1,      // What is right of it is no part of the same address or path.
  kChunkEndSoft = 2,  // Nor here, unless it is a URL, whose query may hold such.
  kChunkSlash = 3,
  kChunkAt = 4,
  kChunkBackslash = 5,
};

constexpr std::array<uint8_t, 256> MakeChunkBytes() {
  std::array<uint8_t, 256> bytes = {};
  for (const char c : std::string_view(" \t\n\r\v\f\"'`<>()[]{},;|")) bytes[static_cast<uint8_t>(c)] = kChunkEnd;
  for (const char c : std::string_view("=?&*!")) bytes[static_cast<uint8_t>(c)] = kChunkEndSoft;
  bytes['/'] = kChunkSlash;
  bytes['@'] = kChunkAt;
  bytes['\\'] = kChunkBackslash;
  return bytes;
}
constexpr std::array<uint8_t, 256> kChunkBytes = MakeChunkBytes();

bool EndsChunk(char c) { return kChunkBytes[static_cast<uint8_t>(c)] == kChunkEnd; }

struct Chunk {
  size_t end;
  bool barred;
  bool sticky;  // Everything up to the next true border is part of it: a URL, or a stretch too long for prose.
};

// Classifies the stretch that begins at `start`, looking at kMaxChunkBytes of it at most. In a sticky stretch only the
// true borders end it.
Chunk ChunkAt(std::string_view text, size_t start, bool sticky) {
  const size_t limit = text.size() - start < kMaxChunkBytes ? text.size() : start + kMaxChunkBytes;
  sticky = sticky || text.substr(start, 4) == "www.";
  bool barred = false;
  int slashes = 0;
  size_t i = start;
  for (; i < limit; ++i) {
    const uint8_t kind = kChunkBytes[static_cast<uint8_t>(text[i])];
    if (kind == kChunkInner) continue;
    if (kind == kChunkEnd || (kind == kChunkEndSoft && !sticky)) break;
    if (kind == kChunkSlash) {
      ++slashes;
      if (i > start && text[i - 1] == ':') sticky = true;
    } else if (kind != kChunkEndSoft && i > start) {
      barred = true;  // An @ that begins the chunk may speak to somebody: "@Anna".
    }
  }
  if (i == limit && limit < text.size()) sticky = true;
  if (i == start) ++i;
  return {i, sticky || barred || slashes >= 2, sticky};
}

constexpr uint32_t Short(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }

// The offset in `bytes` at which its last `characters` characters begin.
size_t SuffixStart(const char* bytes, size_t size, int characters) {
  size_t at = size;
  while (at > 0 && characters > 0) {
    --at;
    if ((static_cast<uint8_t>(bytes[at]) & 0xC0) != 0x80) --characters;
  }
  return at;
}

size_t AppendUtf8(uint32_t code_point, char* out) {
  if (code_point < 0x80) {
    out[0] = static_cast<char>(code_point);
    return 1;
  }
  if (code_point < 0x800) {
    out[0] = static_cast<char>(0xC0 | code_point >> 6);
    out[1] = static_cast<char>(0x80 | (code_point & 63));
    return 2;
  }
  if (code_point < 0x10000) {
    out[0] = static_cast<char>(0xE0 | code_point >> 12);
    out[1] = static_cast<char>(0x80 | (code_point >> 6 & 63));
    out[2] = static_cast<char>(0x80 | (code_point & 63));
    return 3;
  }
  out[0] = static_cast<char>(0xF0 | code_point >> 18);
  out[1] = static_cast<char>(0x80 | (code_point >> 12 & 63));
  out[2] = static_cast<char>(0x80 | (code_point >> 6 & 63));
  out[3] = static_cast<char>(0x80 | (code_point & 63));
  return 4;
}

struct Cases {
  std::array<uint32_t, kLetterCount> counts = {};  // By Letter.
  bool first_upper = false;
};

Shape ShapeOf(const Cases& cases) {
  const auto count = [&](Letter letter) { return cases.counts[static_cast<size_t>(letter)]; };
  const uint32_t lower = count(Letter::kLower);
  const uint32_t upper = count(Letter::kUpper);
  const uint32_t uncased = count(Letter::kUncased);
  if (count(Letter::kDigit) > 0) return lower + upper + uncased == 0 ? Shape::kDigits : Shape::kIdentifier;
  if (uncased > 0) return Shape::kUncased;
  if (upper == 0) return lower == 1 ? Shape::kSingleLower : Shape::kLower;
  if (lower + upper == 1) return Shape::kInitial;
  if (lower == 0) return Shape::kUpper;
  if (!cases.first_upper) return Shape::kCamel;
  return upper == 1 ? Shape::kCapitalised : Shape::kInnerUpper;
}

constexpr std::array<Letter, 256> MakeAsciiLetters() {
  std::array<Letter, 256> letters = {};
  for (int byte = 0; byte < 0x80; ++byte) letters[static_cast<size_t>(byte)] = AsciiLetter(static_cast<uint8_t>(byte));
  return letters;  // Bytes of longer characters end an ASCII word like any other that is no letter.
}
constexpr std::array<Letter, 256> kAsciiLetters = MakeAsciiLetters();

constexpr uint32_t kSpaceHash = Short(Mix(1, ' '));  // Short(HashBytes(" ", 1))

}  // namespace

// Reads from at_ to the next word. False if the segment ends first; at_ then stands behind what ended it.
bool WordCutter::ReadGap(GapRead* read) {
  const size_t start = at_;
  if (start + 1 < text_.size() && text_[start] == ' ' &&
      kAsciiLetters[static_cast<uint8_t>(text_[start + 1])] != Letter::kNone) {
    *read = {Gap::kSpace, kSpaceHash, false};
    ++at_;
    return true;
  }
  uint32_t parts = 0;
  size_t spaces = 0;
  size_t characters = 0;
  bool possessive = false;
  // The 's of "Anna's" belongs to the gap.
  if (!segment_start_ && at_ < text_.size()) {
    const size_t mark = text_[at_] == '\'' ? 1 : text_.substr(at_, 3) == "’" ? 3 : 0;
    if (mark > 0 && at_ + mark < text_.size() && (text_[at_ + mark] | 0x20) == 's' &&
        (at_ + mark + 1 == text_.size() || NameCharacterAt(text_.data() + at_ + mark + 1).letter == Letter::kNone)) {
      possessive = true;
      at_ += mark + 1;
    }
  }
  bool border = false;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (static_cast<uint8_t>(c) < 0x80) {
      if (AsciiLetter(static_cast<uint8_t>(c)) != Letter::kNone) break;
      if (IsLineBreak(c)) {
        border = true;
        ++at_;
        break;
      }
      const uint32_t part = AsciiPart(c);
      parts |= part;
      spaces += part == kPartSpace;
      ++at_;
    } else {
      const NameCharacter character = WideNameCharacter(text_.data() + at_);
      if (character.letter != Letter::kNone && character.letter != Letter::kMark) break;
      const uint32_t part = WidePart(text_.substr(at_, character.size_bytes));
      parts |= part;
      spaces += part == kPartSpace;
      at_ += character.size_bytes;
    }
    ++characters;
    if (at_ - start > kMaxGapBytes) {
      border = true;
      break;
    }
  }
  const size_t size_bytes = at_ - start;
  read->gap = possessive ? Gap::kPossessive : GapOf(parts, size_bytes, spaces, characters);
  read->hash = Short(HashBytes(text_.data() + start, size_bytes > kMaxGapBytes ? kMaxGapBytes : size_bytes));
  read->sentence_end = (parts & (kPartSentenceEnd | kPartPeriod | kPartColon)) != 0 && (parts & kPartSpace) != 0;
  return !border && at_ < text_.size();
}

bool WordCutter::InProse(size_t at) {
  while (chunk_end_ <= at) {
    if (EndsChunk(text_[chunk_end_])) {
      stretch_start_ = ++chunk_end_;
      stretch_sticky_ = false;
      continue;
    }
    const Chunk chunk = ChunkAt(text_, chunk_end_, stretch_sticky_);
    stretch_sticky_ = chunk.sticky || chunk_end_ - stretch_start_ > kMaxStretchBytes;
    chunk_barred_ = chunk.barred || stretch_sticky_;
    chunk_end_ = chunk.end;
  }
  return !chunk_barred_;
}

namespace {

// Room for a word of kMaxWordBytes after its letters were lowered, and for reading eight bytes behind any of it. A
// letter may grow by a byte, never double.
constexpr size_t kSpellingBytes = 2 * kMaxWordBytes + 8;

void HashSpelling(const char* lower, size_t size, size_t prefix_size, bool wide, Word* word) {
  word->hash = HashPadded(lower, size);
  const auto suffix = [&](int count) {
    const size_t from =
        wide ? SuffixStart(lower, size, count) : size - std::min<size_t>(size, static_cast<size_t>(count));
    return Short(HashPadded(lower + from, size - from));
  };
  word->prefix3 = prefix_size == 0 ? 0 : Short(HashPadded(lower, prefix_size));
  word->suffix2 = suffix(2);
  word->suffix3 = suffix(3);
  word->suffix4 = suffix(4);
}

// Only words with a capital: in lower case an s is a plural or a verb.
uint64_t StemHash(const char* plain, size_t size, const Word& word) {
  constexpr uint8_t kShortestGenitive = 4;
  if (word.shape != Shape::kCapitalised || word.letters < kShortestGenitive || plain[size - 1] != 's') return 0;
  return HashPadded(plain, size - 1);
}

// Numbers and identifiers are told apart by their shape and length only.
bool IsSpelt(Shape shape) { return shape != Shape::kDigits && shape != Shape::kIdentifier && shape != Shape::kUncased; }

constexpr uint64_t kLowerBits = 0x2020202020202020u;

}  // namespace

// Reads the word at at_. False if it is too long to be one; at_ stands behind it either way.
bool WordCutter::ReadWord(Word* word) {
  const size_t start = at_;
  const uint8_t* const bytes = reinterpret_cast<const uint8_t*>(text_.data());
  Cases cases;
  size_t end = start;
  while (end < text_.size()) {
    const Letter letter = kAsciiLetters[bytes[end]];
    if (letter == Letter::kNone) break;
    ++cases.counts[static_cast<size_t>(letter)];
    ++end;
  }
  if (end < text_.size() && bytes[end] >= 0x80) return ReadWideWord(word);
  const size_t size = end - start;
  at_ = end;
  if (size > kMaxWordBytes) return false;
  cases.first_upper = kAsciiLetters[bytes[start]] == Letter::kUpper;
  word->start = static_cast<uint32_t>(start);
  word->end = static_cast<uint32_t>(end);
  word->letters = static_cast<uint8_t>(size);
  word->shape = ShapeOf(cases);
  if (!IsSpelt(word->shape)) {
    word->hash = word->plain_hash = static_cast<uint64_t>(word->shape);
    return true;
  }
  char lower[kSpellingBytes] = {};
  if (start + kMaxWordBytes <= text_.size()) {
    std::memcpy(lower, bytes + start, kMaxWordBytes);
  } else {
    std::memcpy(lower, bytes + start, size);
  }
  for (size_t i = 0; i < size; i += 8) {
    const uint64_t block = LoadBlock(lower + i) | kLowerBits;
    std::memcpy(lower + i, &block, sizeof(block));
  }
  HashSpelling(lower, size, size < 3 ? 0 : 3, false, word);
  word->plain_hash = word->hash;
  word->stem_hash = StemHash(lower, size, *word);
  return true;
}

// The same for a word with a character of several bytes in it.
bool WordCutter::ReadWideWord(Word* word) {
  const size_t start = at_;
  char lower[kSpellingBytes] = {};
  char plain[kSpellingBytes] = {};
  size_t lower_size = 0;
  size_t plain_size = 0;
  size_t prefix_size = 0;
  Cases cases;
  bool too_long = false;
  int characters = 0;
  while (at_ < text_.size()) {
    const NameCharacter character = NameCharacterAt(text_.data() + at_);
    if (character.letter == Letter::kNone) break;
    too_long = at_ + character.size_bytes - start > kMaxWordBytes;
    at_ += character.size_bytes;
    if (too_long) continue;
    if (characters == 0) cases.first_upper = character.letter == Letter::kUpper;
    ++cases.counts[static_cast<size_t>(character.letter)];
    lower_size += AppendUtf8(character.lower, lower + lower_size);
    if (character.letter != Letter::kMark) plain_size += AppendUtf8(WithoutAccent(character.lower), plain + plain_size);
    if (++characters == 3) prefix_size = lower_size;
  }
  if (too_long) return false;
  word->start = static_cast<uint32_t>(start);
  word->end = static_cast<uint32_t>(at_);
  word->letters = static_cast<uint8_t>(characters);
  word->shape = ShapeOf(cases);
  if (!IsSpelt(word->shape)) {
    word->hash = word->plain_hash = static_cast<uint64_t>(word->shape);
    return true;
  }
  HashSpelling(lower, lower_size, prefix_size, true, word);
  word->plain_hash = HashPadded(plain, plain_size);
  word->stem_hash = StemHash(plain, plain_size, *word);
  return true;
}

WordCutter::Cut WordCutter::Next(Word* word) {
  while (at_ < text_.size()) {
    GapRead read = {};
    if (!ReadGap(&read) || !ReadWord(word)) {
      const bool ended = !segment_start_;
      segment_start_ = true;
      if (!ended) continue;
      closing_gap_ = read.gap;
      closing_gap_hash_ = read.hash;
      return Cut::kSegmentEnd;
    }
    word->gap = segment_start_ ? Gap::kBorder : read.gap;
    word->gap_hash = read.hash;
    word->sentence_start = segment_start_ || read.sentence_end;
    word->classes = 0;
    word->genitive = false;
    const bool handle = word->start > 0 && text_[word->start - 1] == '@' && word->shape != Shape::kCapitalised;
    word->barred = !InProse(word->start) || handle;
    segment_start_ = false;
    return Cut::kWord;
  }
  return Cut::kTextEnd;
}

}  // namespace tokenfoundry::pii
