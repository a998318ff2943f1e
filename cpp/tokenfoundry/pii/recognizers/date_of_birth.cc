// The anchor is a word of birth: "nato a", "date of birth", "geboren am". From it the text is read on, as far as one
// clause goes, to the first date; German says the date first ("wurde am 12.03.1980 geboren").
#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/catalogue_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"
#include "tokenfoundry/pii/recognizers/date_text_internal.h"
#include "tokenfoundry/pii/recognizers/folded_word_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kReach = 72;  // Bytes between the word of birth and the date.

// What happens to people on other days. Sorted, without accents.
constexpr std::string_view kOtherEvents[] = {
    "assunta",  "assunti",  "assunto",    "contract",    "contratado", "contratto", "decede",   "decedee",
    "deceduta", "deceduto", "died",       "dipendente",  "embauche",   "embauchee", "emessa",   "emesso",
    "employed", "expires",  "fallecida",  "fallecido",   "gestorben",  "hired",     "iscritta", "iscritto",
    "issued",   "joined",   "laureata",   "laureato",    "married",    "mort",      "morta",    "morte",
    "morto",    "opened",   "registered", "rilasciata",  "rilasciato", "scade",     "scadenza", "sposata",
    "sposato",  "trattato", "treaty",     "verheiratet", "vertrag",
};
static_assert(std::is_sorted(std::begin(kOtherEvents), std::end(kOtherEvents)));

bool IsOtherEvent(std::string_view word) { return IsOneOf(FoldedWord(word).view(), kOtherEvents); }

// ". " after a word of some length ends a sentence; after "geb" or "N" it does not.
bool EndsSentence(std::string_view text, size_t at) {
  if (At(text, at) == ';') return true;
  if (At(text, at) == '\n') return At(text, at + 1) == '\n';
  const bool stop = At(text, at) == '.' || At(text, at) == '!' || At(text, at) == '?';
  const bool gap = At(text, at + 1) == ' ' || At(text, at + 1) == '\n';
  return stop && gap && !IsDigit(At(text, at + 2)) && at - WordStart(text, at) > 3;
}

struct Reading {
  Extent date;      // Empty if there is none.
  size_t seen = 0;  // Where reading stopped.
};

// The first date in [from, to) of the same clause.
Reading ReadOn(std::string_view text, size_t from, size_t to, Sink* sink) {
  size_t at = from;
  while (at < to) {
    ++sink->steps;
    if (IsWordByte(text[at])) {
      const size_t end = WordEnd(text, at);
      sink->steps += end - at;
      if (IsOtherEvent(text.substr(at, end - at))) return {{}, at};
      at = end;
      continue;
    }
    if (!IsDigit(text[at])) {
      if (EndsSentence(text, at)) return {{}, at};
      ++at;
      continue;
    }
    if (!IsAlnum(Before(text, at)) && Before(text, at) != '.') {
      const DateText date = ReadDate(text, at, &sink->steps);
      if (date.form != DateForm::kNone && date.form != DateForm::kMonthYear && date.place.start >= from)
        return {date.place, date.place.end};
      const size_t loose_end = LooseDateEnd(text, at, &sink->steps);
      if (loose_end > at) return {{static_cast<uint32_t>(at), static_cast<uint32_t>(loose_end)}, loose_end};
    }
    while (at < to && IsDigit(text[at])) {
      ++sink->steps;
      ++at;
    }
  }
  return {{}, at};
}

// The date of "am 12.03.1980 in Köln geboren", whose last word starts at `word`.
Extent ReadBack(std::string_view text, size_t word, Sink* sink) {
  size_t from = word > kReach ? word - kReach : 0;
  Extent last;
  while (from < word) {
    const Reading reading = ReadOn(text, from, word, sink);
    const bool said_on =
        reading.date.end > 0 && reading.date.start >= 3 &&
        (text.substr(reading.date.start - 3, 3) == "am " || text.substr(reading.date.start - 3, 3) == "Am ");
    if (said_on) last = reading.date;
    if (reading.date.end == 0 && reading.seen < word) last = {};  // Another sentence begins.
    from = std::max(reading.seen, from + 1);
  }
  return last;
}

// The dates in the column that a word of birth heads.
void FindInColumn(std::string_view text, Extent word, Sink* sink) {
  const double score = SpecOf(Entity::kDateOfBirth).scores.in_context;
  for (const Extent& cell : sink->cues().columns().CellsBelow(word.start)) {
    const Reading reading = ReadOn(text, cell.start, cell.end, sink);
    if (reading.date.end == 0 || reading.date.end > cell.end) continue;
    sink->Add(Entity::kDateOfBirth, reading.date.start, reading.date.end, Evidence::kContext, score, word);
  }
}

// Sorted, without accents; the anchor has seen to it that "né" has its accent.
constexpr std::string_view kBirthWords[] = {
    "b",    "born", "dob",  "geb",  "geboren", "nacida", "nacidas", "nacido", "nacidos",
    "nata", "nate", "nati", "nato", "ne",      "nee",    "nees",    "nes",
};
static_assert(std::is_sorted(std::begin(kBirthWords), std::end(kBirthWords)));

// "birth_date", "dataNascita", "Geburtsdatum": the part speaks for the whole.
constexpr std::string_view kBirthParts[] = {"nascita", "birth",      "naissance", "nacimiento",
                                            "geburts", "compleanno", "cumpleanos"};

bool IsBirthWord(std::string_view word) {
  if (IsOneOf(word, kBirthWords)) return true;
  return std::any_of(std::begin(kBirthParts), std::end(kBirthParts),
                     [&](std::string_view part) { return word.find(part) != std::string_view::npos; });
}

// NATO, unless everything around is in capitals too ("NATO A MILANO").
bool IsTheAlliance(std::string_view text, size_t start, size_t end) {
  if (text.substr(start, end - start) != "NATO") return false;
  const std::string_view after = text.substr(end, 4);
  return after != " A M" && !after.starts_with(" A ") && !after.starts_with(" IL ") && !after.starts_with(" IN ");
}

void FindBirthDates(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  size_t seen = 0;  // Nothing before it is read again, so that many words of birth in a row stay linear.
  size_t seen_back = 0;
  const double score = SpecOf(Entity::kDateOfBirth).scores.in_context;
  for (const uint32_t anchor_end : anchor_ends) {
    const size_t start = WordStart(text, Before(text, anchor_end) == '.' ? anchor_end - 1 : anchor_end);
    const size_t end = WordEnd(text, start);
    sink->steps += end - start + 1;
    const FoldedWord word(text.substr(start, end - start));
    if (!IsBirthWord(word.view()) || IsTheAlliance(text, start, end)) continue;
    const Extent cue{static_cast<uint32_t>(start), static_cast<uint32_t>(end)};
    FindInColumn(text, cue, sink);
    if (start >= seen_back && word.view() == "geboren") {
      seen_back = end + kReach;
      if (const Extent date = ReadBack(text, start, sink); date.end > 0) {
        sink->Add(Entity::kDateOfBirth, date.start, date.end, Evidence::kContext, score, cue);
        continue;
      }
    }
    const size_t from = std::max<size_t>(anchor_end, seen);
    const size_t to = std::min(text.size(), anchor_end + kReach);
    if (from >= to) continue;
    const Reading reading = ReadOn(text, from, to, sink);
    seen = reading.seen;
    if (reading.date.end > 0) {
      sink->Add(Entity::kDateOfBirth, reading.date.start, reading.date.end, Evidence::kContext, score, cue);
    }
  }
}

// Only ASCII letters are letters to \b here: what stands around an accent is left to IsBirthWord.
std::string Anchor() {
  return "\\b(?:nat[oaie]|born|dob|d\\.o\\.b|nacid[oa]s?|geboren|geb\\.?)\\b|\\bn\xC3[\xA9\x89]e?s?|nascita|birth|"
         "naissance|nacimiento|geburts|compleanno|cumplea\xC3[\xB1\x91]os";
}

}  // namespace

const Recognizer kDateOfBirthRecognizer = {Anchor, true, FindBirthDates};

}  // namespace tokenfoundry::pii
