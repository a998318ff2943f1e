#include <tmmintrin.h>

#include <array>
#include <cstring>

#include "tokenfoundry/pii/byte_maps_internal.h"

namespace tokenfoundry::pii {
namespace {

#define TF_SSSE3 __attribute__((target("ssse3")))

// Classes of lower-case letters, each within sixteen bytes of the alphabet: a letter is in one if its low and its high
// half both say so.
enum LetterClass : char { kYearFirst = 1, kYearSecond = 2, kMonthFirst = 4, kMonthSecond = 8 };

struct LetterTables {
  std::array<char, 16> by_low = {};
  std::array<char, 16> by_high = {};
};

constexpr LetterTables kLetters = [] {
  LetterTables tables;
  const auto add = [&](std::string_view letters, LetterClass of) {
    for (const char c : letters) {
      tables.by_low[c & 15] = static_cast<char>(tables.by_low[c & 15] | of);
      tables.by_high[c >> 4] = static_cast<char>(tables.by_high[c >> 4] | of);
    }
  };
  add("lmn", kYearFirst);
  add("pqrstuv", kYearSecond);
  add("abcdehlm", kMonthFirst);
  add("prst", kMonthSecond);
  return tables;
}();

TF_SSSE3 inline uint64_t Bits(__m128i bytes) { return static_cast<uint32_t>(_mm_movemask_epi8(bytes)); }

TF_SSSE3 inline __m128i Equal(__m128i bytes, char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); }

// Whether first <= byte <= last, unsigned.
TF_SSSE3 inline __m128i InRange(__m128i bytes, char first, char last) {
  const __m128i from_first = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
  const __m128i most = _mm_set1_epi8(static_cast<char>(last - first));
  return _mm_cmpeq_epi8(_mm_min_epu8(from_first, most), from_first);
}

TF_SSSE3 inline __m128i Table(const std::array<char, 16>& table) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(table.data()));
}

// The bits of what has none of the classes `of`.
TF_SSSE3 inline uint64_t Without(__m128i classes, int of) {
  return Bits(Equal(_mm_and_si128(classes, _mm_set1_epi8(static_cast<char>(of))), 0));
}

// Which of 64 bytes are in a class.
struct Classes {
  uint64_t digits = 0;       // 0-9
  uint64_t alnums = 0;       // and letters of ASCII
  uint64_t words = 0;        // and the underscore: \w of a regular expression
  uint64_t uppers = 0;       // A-Z
  uint64_t dots = 0;         // .
  uint64_t colons = 0;       // :
  uint64_t dashes = 0;       // -
  uint64_t ats = 0;          // @
  uint64_t year_digits = 0;  // A digit of a codice fiscale, or a letter that stands for one, in either case.
  uint64_t months = 0;       // A month of one.
};

TF_SSSE3 inline void AddSixteen(__m128i bytes, int at, Classes* classes) {
  constexpr uint64_t kSixteen = 0xFFFF;
  const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
  const __m128i half = _mm_set1_epi8(0x0F);
  const __m128i digits = InRange(bytes, '0', '9');
  const __m128i alnums = _mm_or_si128(digits, InRange(lower, 'a', 'z'));
  const __m128i high = _mm_and_si128(_mm_srli_epi16(lower, 4), half);
  const __m128i letters = _mm_and_si128(_mm_shuffle_epi8(Table(kLetters.by_low), _mm_and_si128(lower, half)),
                                        _mm_shuffle_epi8(Table(kLetters.by_high), high));
  classes->digits |= Bits(digits) << at;
  classes->alnums |= Bits(alnums) << at;
  classes->words |= Bits(_mm_or_si128(alnums, Equal(bytes, '_'))) << at;
  classes->uppers |= Bits(InRange(bytes, 'A', 'Z')) << at;
  classes->dots |= Bits(Equal(bytes, '.')) << at;
  classes->colons |= Bits(Equal(bytes, ':')) << at;
  classes->dashes |= Bits(Equal(bytes, '-')) << at;
  classes->ats |= Bits(Equal(bytes, '@')) << at;
  classes->year_digits |= (Bits(digits) | (Without(letters, kYearFirst | kYearSecond) ^ kSixteen)) << at;
  classes->months |= (Without(letters, kMonthFirst | kMonthSecond) ^ kSixteen) << at;
}

TF_SSSE3 Classes ClassesOf(const char* bytes) {
  Classes classes;
  for (int at = 0; at < 64; at += 16) {
    AddSixteen(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + at)), at, &classes);
  }
  return classes;
}

// The classes of the last block, which is short.
Classes ClassesOfRest(std::string_view rest) {
  char bytes[64] = {};
  if (!rest.empty()) std::memcpy(bytes, rest.data(), rest.size());
  return ClassesOf(bytes);
}

ByteBlock BlockOf(const Classes& before, const Classes& here, const Classes& after) {
  const auto first_of = [&](uint64_t Classes::*of) { return here.*of & ~(here.*of << 1 | before.*of >> 63); };
  const auto behind = [&](uint64_t Classes::*of, int by) { return here.*of >> by | after.*of << (64 - by); };
  const uint64_t runs = first_of(&Classes::alnums);
  uint64_t seven = here.alnums & behind(&Classes::alnums, 1);
  const uint64_t seven_after = after.alnums & after.alnums >> 1;  // All that is needed of it: its first five bits.
  const auto behind_pairs = [&](uint64_t bits, uint64_t bits_after, int by) {
    return bits >> by | bits_after << (64 - by);
  };
  seven &= behind_pairs(seven, seven_after, 2) & behind_pairs(seven, seven_after, 4) & behind(&Classes::alnums, 6);
  const auto three = [&](uint64_t Classes::*of) { return here.*of & behind(of, 3) & behind(of, 6); };

  ByteBlock block;
  block.word_borders = here.words ^ (here.words << 1 | before.words >> 63);
  block.digit_runs = first_of(&Classes::digits);
  block.four_digits =
      runs & here.digits & behind(&Classes::digits, 1) & behind(&Classes::digits, 2) & behind(&Classes::digits, 3);
  block.two_capitals = runs & here.uppers & behind(&Classes::uppers, 1);
  block.long_runs =
      runs & seven & (here.digits | here.uppers | behind(&Classes::digits, 2) | behind(&Classes::digits, 3));
  block.birth_dates = here.year_digits & behind(&Classes::year_digits, 1) & behind(&Classes::months, 2) &
                      behind(&Classes::year_digits, 3) & behind(&Classes::year_digits, 4);
  block.address_pairs = three(&Classes::colons) | three(&Classes::dashes) | (here.dots & behind(&Classes::dots, 5));
  block.colons = here.colons;
  block.dots = here.dots;
  block.ats = here.ats;
  return block;
}

void Join(const ByteBlock& block, ByteBlock* any) {
  any->digit_runs |= block.digit_runs;
  any->four_digits |= block.four_digits;
  any->two_capitals |= block.two_capitals;
  any->long_runs |= block.long_runs;
  any->birth_dates |= block.birth_dates;
  any->address_pairs |= block.address_pairs;
  any->colons |= block.colons;
  any->dots |= block.dots;
  any->ats |= block.ats;
}

}  // namespace

void ByteMaps::Read(std::string_view text) {
  constexpr size_t kKeptBlocks = 64 * 1024;  // Unless one huge text made the room huge.
  if (blocks_.capacity() > kKeptBlocks) blocks_ = {};
  const size_t whole = text.size() / 64;
  blocks_.resize(whole + 1);
  any_ = {};
  const auto classes_of = [&](size_t i) {
    return i < whole ? ClassesOf(text.data() + 64 * i) : ClassesOfRest(text.substr(64 * whole));
  };
  Classes before;
  Classes here = classes_of(0);
  for (size_t i = 0; i <= whole; ++i) {
    const Classes after = i < whole ? classes_of(i + 1) : Classes();
    blocks_[i] = BlockOf(before, here, after);
    Join(blocks_[i], &any_);
    before = here;
    here = after;
  }
}

}  // namespace tokenfoundry::pii
