#include <algorithm>
#include <array>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/cues_internal.h"
#include "tokenfoundry/pii/phrase_hash_internal.h"
#include "tokenfoundry/pii/word_beginnings_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kReachBefore = 72;  // Bytes between a phrase's end and what it speaks for.
constexpr size_t kReachAfter = 28;
constexpr size_t kMaxWordBytes = 48;
constexpr size_t kMaxGapBytes = 4;  // Between two words of one phrase: ". " with a no-break space, say.
constexpr size_t kMaxPhraseBytes = 3 * kMaxWordBytes;
constexpr int kLongNumberDigits = 5;

// Whether a sentence or a paragraph ends in the text.
bool HasEnd(std::string_view text) {
  if (text.find("\n\n") != std::string_view::npos) return true;
  for (size_t at = text.find(". "); at != std::string_view::npos; at = text.find(". ", at + 1)) {
    if (at > 3 && IsUpper(At(text, at + 2)) && IsLetter(text[at - 1]) && IsLetter(text[at - 2]) &&
        IsLetter(text[at - 3]))
      return true;  // Three letters before the stop: "no. 5" and "P. IVA" go on.
  }
  return false;
}

// Whether a number of some length stands in the text: what is said before it may be said of it.
bool HasLongNumber(std::string_view text) {
  int digits = 0;
  for (const char c : text) {
    if (IsDigit(c)) {
      if (++digits >= kLongNumberDigits) return true;
    } else if (IsLetter(c)) {
      digits = 0;
    }
  }
  return false;
}

}  // namespace

CueTable::CueTable(std::span<const std::string_view> languages) {
  for (const CueRow& row : CueRows()) {
    if (row.language != "*" && std::find(languages.begin(), languages.end(), row.language) == languages.end()) continue;
    for (std::string_view rest = row.phrases; !rest.empty();) {
      const size_t bar = std::min(rest.find('|'), rest.size());
      Add(rest.substr(0, bar), row.cue);
      rest.remove_prefix(std::min(bar + 1, rest.size()));
    }
  }
}

bool CueTable::Add(std::string_view phrase, Cue cue) {
  const std::vector<std::string_view> words = Words(phrase);
  if (words.empty() || words.size() > 3) return false;
  uint64_t spaced = kHashSeed;
  uint64_t together = kHashSeed;
  for (size_t i = 0; i < words.size(); ++i) {
    const uint64_t word = HashWord(kHashSeed, words[i]);
    spaced = i > 0 ? Joined(spaced, word) : word;
    together = HashWord(together, words[i]);
  }
  const bool stem = phrase.ends_with('*');
  std::string joined;
  for (size_t i = 0; i < words.size(); ++i) {
    AddBeginning(words[i], stem && i + 1 == words.size());
    joined += words[i];
  }
  AddBeginning(joined, stem);
  if (stem) stem_words_.set(HashWord(kHashSeed, words.back()) % kFilterBits);
  if (stem) stem_words_.set(together % kFilterBits);
  for (const uint64_t hash : {spaced, together}) {
    if (stem) stems_.set(hash % kFilterBits);
    AddHash(stem ? ~hash : hash, cue);  // The complement keeps a stem apart from the same letters as a whole word.
    if (words.size() == 1) break;
  }
  return true;
}

void CueTable::AddHash(uint64_t hash, Cue cue) {
  filter_.set(hash % kFilterBits);
  std::vector<Cue>& cues = cues_[hash];
  if (std::find(cues.begin(), cues.end(), cue) == cues.end()) cues.push_back(cue);
}

// A word of which only the beginning is given goes on in any way.
void CueTable::AddBeginning(std::string_view word, bool goes_on) {
  const size_t most = goes_on ? 4 : 8;
  uint64_t letters = 0;
  size_t count = 0;
  for (size_t at = 0; at < word.size() && count < most;) {
    const size_t size = WordCharacterSize(word, at);
    if (IsMark(word, at)) {
      at += size;
      continue;
    }
    const bool is_accented = size == 2 && word[at] == '\xC3';
    const char c = is_accented ? kBaseLetters[static_cast<unsigned char>(word[at + 1]) - 0x80] : ToLower(word[at]);
    if (!IsLetter(c)) return;  // No word of ASCII letters begins so.
    letters |= uint64_t{static_cast<unsigned char>(c)} << 8 * count++;
    at += size;
  }
  if (goes_on) {
    AddBegun(letters, count);
  } else {
    words_.set(FilterBit(letters));
  }
}

void CueTable::AddBegun(uint64_t letters, size_t count) {
  begun_words_.set(FilterBit(letters));
  if (count == 4) return;
  for (uint64_t c = 'a'; c <= 'z'; ++c) AddBegun(letters | c << 8 * count, count + 1);
}

void CueReader::Read(size_t index) {
  Block& block = blocks_[index];
  if (block.read) return;
  block.read = true;
  block.first = static_cast<uint32_t>(hits_.size());
  const size_t from = index * kBlockBytes;
  const size_t to = std::min(from + kBlockBytes, text_.size());

  // Far enough back for the words before, then on to the first that is whole.
  size_t at = from > kMaxPhraseBytes ? from - kMaxPhraseBytes : 0;
  if (at > 0) {
    while (at < to && (IsContinuation(text_[at]) || WordCharacterSize(text_, at) > 0)) ++at;
  }
  steps_ += to - at;

  struct Word {
    uint64_t hash = 0;  // Of the phrase so far; 0 where there is none.
    uint32_t start = 0;
  };
  std::array<Word, 2> before = {};  // The phrases that end with the word before: of one word, of two.
  // Beginnings that are known speak for the whole word, whose end is not known yet.
  std::array<std::pair<uint32_t, const std::vector<Cue>*>, 8> begun;
  size_t last_end = 0;
  const auto may_be = [this](uint64_t letters) { return table_.MayBegin(letters); };
  while (at < to) {
    if (before[0].hash == 0 && (at = NextWord(text_, at, to, may_be)) >= to) break;
    const auto first = static_cast<unsigned char>(text_[at]);
    if (first < 0x80) {
      if (kLowerLetters[first] == 0) {
        if (at - last_end >= kMaxGapBytes || first == '\n' || IsDigit(text_[at])) before = {};
        ++at;
        continue;
      }
    } else if (WordCharacterSize(text_, at) == 0) {
      if (at - last_end >= kMaxGapBytes) before = {};
      do {
        ++at;
      } while (at < to && IsContinuation(text_[at]));
      continue;
    }
    if (const WordBeginning word = BeginningAt(text_, at); word.is_known && !table_.MayBegin(word.letters)) {
      at = word.size < 8 ? at + word.size : SkipWord(text_, at + word.size, to);
      before = {};
      last_end = at;
      continue;
    }
    const auto start = static_cast<uint32_t>(at);
    std::array<Word, 3> phrases = {Word{0, start}};  // Of one word, of two, of three.
    size_t count = 1;
    for (const Word& word : before) {
      if (word.hash != 0) phrases[count++] = word;
    }
    const auto phrase_hash = [&](size_t i, uint64_t word) { return i == 0 ? word : Joined(phrases[i].hash, word); };
    uint64_t hash = kHashSeed;
    size_t begun_count = 0;
    while (at - start <= kMaxWordBytes && at < text_.size()) {
      if (const auto lead = static_cast<unsigned char>(text_[at]); lead < 0x80) {
        if (kLowerLetters[lead] == 0) break;
        hash = Continue(hash, kLowerLetters[lead]);
        ++at;
      } else {
        const size_t size = WordCharacterSize(text_, at);
        if (size == 0) break;
        hash = ContinueWith(hash, text_, at, size);
        at += size;
      }
      if (!table_.stem_words_[hash % CueTable::kFilterBits]) continue;
      for (size_t i = 0; i < count && begun_count < begun.size(); ++i) {
        const uint64_t stem = phrase_hash(i, hash);
        if (!table_.stems_[stem % CueTable::kFilterBits]) continue;
        if (const auto* cues = table_.Find(~stem)) begun[begun_count++] = {phrases[i].start, cues};
      }
    }
    for (size_t i = count; i-- > 0;) phrases[i].hash = phrase_hash(i, hash);
    if (at - start > kMaxWordBytes) {
      while (at < to && (IsContinuation(text_[at]) || WordCharacterSize(text_, at) > 0)) ++at;
      before = {};
      last_end = at;
      continue;
    }
    if (at > from && at <= from + kBlockBytes) {
      const auto end = static_cast<uint32_t>(at);
      for (size_t i = 0; i < begun_count; ++i) hits_.push_back({{begun[i].first, end}, begun[i].second});
      for (size_t i = 0; i < count; ++i) {
        if (const auto* cues = table_.Find(phrases[i].hash)) hits_.push_back({{phrases[i].start, end}, cues});
      }
    }
    before = {phrases[0], count > 1 ? phrases[1] : Word{}};
    last_end = at;
  }
  block.count = static_cast<uint32_t>(hits_.size()) - block.first;
  // From the last on, as they are asked for, the longer of two phrases that end together comes first.
  std::sort(hits_.begin() + block.first, hits_.end(), [](const Hit& a, const Hit& b) {
    return a.place.end != b.place.end ? a.place.end < b.place.end : a.place.start > b.place.start;
  });
}

size_t CueReader::HitsEndingIn(size_t from, size_t to, Near* near) {
  size_t count = 0;
  if (to == 0) return 0;
  const size_t first = from / kBlockBytes;
  for (size_t index = (to - 1) / kBlockBytes + 1; index-- > first;) {
    Read(index);
    const Block& block = blocks_[index];
    for (uint32_t i = block.first + block.count; i-- > block.first && count < near->size();) {
      const Extent place = hits_[i].place;
      if (place.end > from && place.end <= to) (*near)[count++] = hits_[i];
    }
  }
  return count;
}

bool CueReader::SpeaksFor(const Hit& hit, Cue cue) {
  return std::find(hit.cues->begin(), hit.cues->end(), cue) != hit.cues->end();
}

std::optional<Extent> CueReader::BeforeOrAbove(size_t start, Cue cue) {
  Near near;
  const size_t from = start > kReachBefore ? start - kReachBefore : 0;
  const size_t count = HitsEndingIn(from, start, &near);
  for (size_t i = 0; i < count; ++i) {
    const Extent place = near[i].place;
    if (!SpeaksFor(near[i], cue)) continue;
    const bool nearest = place.end == near[0].place.end;
    const std::string_view gap = text_.substr(place.end, start - place.end);
    if (nearest || !(HasLongNumber(gap) || HasEnd(gap))) return place;
    break;
  }
  return Above(start, cue);
}

std::optional<Extent> CueReader::Above(size_t start, Cue cue) {
  const std::optional<Extent> header = columns_.HeaderOf(start);
  if (!header) return std::nullopt;
  Near near;
  const size_t count = HitsEndingIn(header->start, header->end, &near);
  for (size_t i = 0; i < count; ++i) {
    if (near[i].place.start >= header->start && SpeaksFor(near[i], cue)) return near[i].place;
  }
  return std::nullopt;
}

std::optional<Extent> CueReader::Beside(size_t start, size_t end, Cue cue) {
  if (const std::optional<Extent> place = BeforeOrAbove(start, cue)) return place;
  Near near;
  const size_t line = text_.substr(end, kReachAfter).find('\n');
  const size_t count = HitsEndingIn(end, std::min(text_.size(), end + std::min(line, kReachAfter)), &near);
  for (size_t i = count; i-- > 0;) {  // The nearest last.
    const Extent place = near[i].place;
    if (place.start < end || !SpeaksFor(near[i], cue)) continue;
    return HasLongNumber(text_.substr(end, place.start - end)) ? std::nullopt : std::optional(place);
  }
  return std::nullopt;
}

Cue CueReader::NearestBefore(size_t start, std::span<const Cue> cues) {
  Near near;
  const size_t from = start > kReachBefore ? start - kReachBefore : 0;
  const size_t count = HitsEndingIn(from, start, &near);
  uint32_t nearest_end = 0;
  Cue nearest = Cue::kNone;
  size_t rank = cues.size();
  for (size_t i = 0; i < count; ++i) {
    if (nearest != Cue::kNone && near[i].place.end != nearest_end) break;
    for (size_t j = 0; j < rank; ++j) {
      if (std::find(near[i].cues->begin(), near[i].cues->end(), cues[j]) == near[i].cues->end()) continue;
      nearest = cues[j];
      nearest_end = near[i].place.end;
      rank = j;
    }
  }
  return nearest;
}

bool CueReader::FindsAny() {
  for (size_t block = 0; block < blocks_.size(); ++block) Read(block);
  return !hits_.empty();
}

}  // namespace tokenfoundry::pii
