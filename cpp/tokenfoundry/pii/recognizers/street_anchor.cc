// What StreetAnchor describes, found without Hyperscan: a look into a table for each word. Only words of few bytes are
// looked up, and most are known by one bit of their hash not to be there.
#include <algorithm>
#include <array>
#include <bitset>
#include <cstring>
#include <iterator>
#include <span>
#include <vector>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizers/street_words_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kKeyBytes = 8;
constexpr size_t kMaxBytes = 16;  // No word of ours is longer.

// What ends with a word of its own, and what stands before that: in any case, or as it is written here.
struct Ending {
  std::string_view before;
  std::string_view word;
  bool as_written;
};

// Those of one word stand together.
constexpr Ending kEndings[] = {
    {"c.", "da", false},
    {"c.", "so", false},
    {"l.", "go", false},
    {"p.", "le", false},
    {"v.", "le", false},
    {"p.", "za", false},
    {"p.", "zza", false},
    {"v.", "lo", false},
    {"all\xC3\xA9", "e", false},
    {"all\xC3\x89", "e", false},
    {"all\xC3\xA9", "es", false},
    {"all\xC3\x89", "es", false},
    {"traves\xC3\xAD", "a", false},
    {"traves\xC3\x8D", "a", false},
    {"callej\xC3\xB3", "n", false},
    {"callej\xC3\x93", "n", false},
    {"urbanizaci\xC3\xB3", "n", false},
    {"urbanizaci\xC3\x93", "n", false},
    {"ca\xC3\xB1", "ada", false},
    {"ca\xC3\x91", "ada", false},
    {"An ", "den", true},
    {"In ", "den", true},
    {"Unter ", "den", true},
    {"An ", "der", true},
    {"Auf ", "der", true},
    {"In ", "der", true},
    {"Stra\xC3\x9F"
     "e ",
     "der", true},
    {"Strasse ", "der", true},
    {"Platz ", "der", true},
    {"Allee ", "der", true},
    {"Auf ", "dem", true},
    {"Stra\xC3\x9F"
     "e ",
     "des", true},
    {"Strasse ", "des", true},
    {"Platz ", "des", true},
    {"Allee ", "des", true},
};

constexpr std::string_view kGermanPrepositions[] = {"am", "im", "zum", "zur"};  // With a capital.

// The first eight bytes of the word at `at` in lower case, zeros behind a shorter one. Digits stay, and an underscore
// becomes what is in no word of ours.
uint64_t KeyOf(std::string_view text, size_t at, size_t size) {
  constexpr uint64_t kCaseBits = 0x2020202020202020;
  uint64_t bytes = 0;
  if (at + kKeyBytes <= text.size()) {
    std::memcpy(&bytes, text.data() + at, kKeyBytes);
  } else {
    std::memcpy(&bytes, text.data() + at, text.size() - at);
  }
  const size_t unused = 8 * (kKeyBytes - std::min(size, kKeyBytes));  // Bits; a word has a byte at least.
  return (bytes | kCaseBits) & ~uint64_t{0} >> unused;
}

uint8_t SpellingOf(std::string_view word) {
  const auto capitals = static_cast<size_t>(std::count_if(word.begin(), word.end(), IsUpper));
  if (capitals == 0) return kLowerCase;
  if (capitals == word.size()) return kUpperCase;
  return capitals == 1 && IsUpper(word[0]) ? kCapitalised : kMixedCase;
}

bool EndsWith(std::string_view text, std::string_view ending) {
  return text.size() >= ending.size() &&
         std::equal(ending.begin(), ending.end(), text.end() - static_cast<std::ptrdiff_t>(ending.size()),
                    [](char a, char b) { return a == ToLower(b); });
}

class WordTable {
 public:
  struct Entry {
    uint64_t key = 0;  // 0 where there is none.
    std::string_view word = {};
    uint8_t spellings = 0;  // In which it is a street's word by itself.
    std::span<const Ending> endings = {};
  };

  WordTable() {
    for (const StreetAnchorWord& word : StreetAnchorWords()) EntryOf(word.folded)->spellings |= word.spellings;
    for (const std::string_view word : kGermanPrepositions) EntryOf(word)->spellings |= kCapitalised;
    for (auto first = std::begin(kEndings); first != std::end(kEndings);) {
      const auto is_of_it = [&](const Ending& ending) { return ending.word == first->word; };
      const auto end = std::find_if_not(first, std::end(kEndings), is_of_it);
      EntryOf(first->word)->endings = {first, end};
      first = end;
    }
  }

  // Whether Find may find something.
  bool MayHold(uint64_t key) const { return filter_[key * kSpread >> (64 - kFilterBits)]; }

  const Entry* Find(uint64_t key, std::string_view word) const {
    for (size_t slot = key * kSpread >> (64 - kSlotBits); entries_[slot].key != 0; slot = (slot + 1) % kSlots) {
      const Entry& entry = entries_[slot];
      if (entry.key == key && entry.word.size() == word.size() && EndsWith(word, entry.word)) return &entry;
    }
    return nullptr;
  }

 private:
  static constexpr uint64_t kSpread = 0x9E3779B97F4A7C15;
  static constexpr int kFilterBits = 14;
  static constexpr int kSlotBits = 10;
  static constexpr size_t kSlots = size_t{1} << kSlotBits;

  Entry* EntryOf(std::string_view word) {
    const uint64_t key = KeyOf(word, 0, word.size());
    filter_.set(key * kSpread >> (64 - kFilterBits));
    size_t slot = key * kSpread >> (64 - kSlotBits);
    while (entries_[slot].key != 0 && entries_[slot].word != word) slot = (slot + 1) % kSlots;
    entries_[slot].key = key;
    entries_[slot].word = word;
    return &entries_[slot];
  }

  std::array<Entry, kSlots> entries_ = {};
  std::bitset<size_t{1} << kFilterBits> filter_;
};

bool IsWordByte(char c) { return IsAlnum(c) || c == '_'; }

// Whether the word [start, end), which is that of `endings` in any case, is one of them.
bool IsEnding(std::span<const Ending> endings, std::string_view text, size_t start, size_t end) {
  const std::string_view before = text.substr(0, start);
  return std::any_of(endings.begin(), endings.end(), [&](const Ending& ending) {
    const bool fits = ending.as_written
                          ? before.ends_with(ending.before) && text.substr(start, end - start) == ending.word
                          : EndsWith(before, ending.before);
    return fits && !IsWordByte(Before(text, start, ending.before.size() + 1));
  });
}

// The last two bytes of the German endings: most numbers stand behind others.
class LastBytes {
 public:
  LastBytes() {
    for (const std::string_view ending : GermanAnchorEndings()) bytes_.set(IndexOf(ending, ending.size()));
  }
  bool MayEnd(std::string_view text, size_t end) const { return end > 1 && bytes_[IndexOf(text, end)]; }

 private:
  static size_t IndexOf(std::string_view text, size_t end) {
    return static_cast<size_t>(text[end - 2] & 31) << 5 | static_cast<size_t>(text[end - 1] & 31);
  }
  std::bitset<1024> bytes_;
};

// The first digits of numbers behind a German ending.
void SeekNumbers(std::string_view text, const ByteMaps& maps, std::vector<uint32_t>* ends) {
  static const LastBytes last_bytes;
  maps.ForEach(&ByteBlock::digit_runs, [&](size_t digit) {
    size_t end = digit;
    if (Before(text, end) == ' ') --end;
    if (Before(text, end) == ',') --end;
    if (!last_bytes.MayEnd(text, end)) return;
    const std::span<const std::string_view> endings = GermanAnchorEndings();
    const bool fits = std::any_of(endings.begin(), endings.end(),
                                  [&](std::string_view ending) { return EndsWith(text.substr(0, end), ending); });
    if (fits) ends->push_back(static_cast<uint32_t>(digit + 1));
  });
}

// The run of letters, digits and underscores [start, end).
inline void SeekWord(const WordTable& table, std::string_view text, size_t start, size_t end,
                     std::vector<uint32_t>* ends) {
  const auto add = [&](size_t at) { ends->push_back(static_cast<uint32_t>(at)); };
  const uint64_t key = KeyOf(text, start, end - start);
  if (table.MayHold(key) && end - start <= kMaxBytes) {
    const std::string_view word = text.substr(start, end - start);
    const WordTable::Entry* entry = table.Find(key, word);
    const bool fits =
        entry != nullptr && ((entry->spellings & SpellingOf(word)) != 0 || IsEnding(entry->endings, text, start, end));
    if (fits) add(end);
  }
  if (key == 'c') {
    if (text[start] == 'C') add(end);
    if (At(text, end) == '/') add(end + 1);
  }
  if (At(text, end) == '\xC3' && EndsWith(text.substr(0, end), "localit")) {
    if (At(text, end + 1) == '\xA0' || At(text, end + 1) == '\x80') add(end + 2);
  }
}

}  // namespace

void SeekStreets(std::string_view text, const ByteMaps& maps, std::vector<uint32_t>* ends) {
  static const WordTable table;
  maps.ForEachWord([&](size_t start, size_t end) { SeekWord(table, text, start, end, ends); });
  const size_t words = ends->size();
  SeekNumbers(text, maps, ends);
  if (ends->size() > words) {
    std::inplace_merge(ends->begin(), ends->begin() + static_cast<std::ptrdiff_t>(words), ends->end());
    ends->erase(std::unique(ends->begin(), ends->end()), ends->end());
  }
}

}  // namespace tokenfoundry::pii
