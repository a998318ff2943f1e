// The anchor is the first digit of a run. Five digits (or four, or a ZIP+4) need a word that says postcode, or a town
// as addresses write it behind or before them; a British code has a shape of its own.
#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/catalogue_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"
#include "tokenfoundry/pii/recognizers/folded_word_internal.h"
#include "tokenfoundry/pii/recognizers/place_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kMaxGapBytes = 24;  // Between the word and the code: "CAP di residenza: ".

// Whether a piece of any word that says postcode stands near: most numbers end here, and no cue is read for them.
bool MayBeSaid(std::string_view text, size_t start, size_t end, Sink* sink) {
  constexpr size_t kReach = kMaxGapBytes + 5;
  const size_t from = start > kReach ? start - kReach : 0;
  const size_t to = std::min(text.size(), end + 8);
  sink->steps += to - from;
  for (size_t at = from + 1; at + 1 < to; ++at) {
    const char c = ToLower(text[at]);
    if (c != 'a' && c != 'i' && c != 'o' && c != 'l' && c != 'p' && c != '.') continue;
    const char before = ToLower(text[at - 1]);
    const char after = ToLower(text[at + 1]);
    if (before == 'c' && c == 'a' && after == 'p') return true;
    if (before == 'z' && c == 'i' && after == 'p') return true;
    if (before == 'p' && ((c == 'o' && after == 's') || (c == 'l' && after == 'z'))) return true;
    if (before == 'n' && c == 'p' && after == 'a') return true;
    if (before == 'a' && (c == '.' || c == ' ') && after == 'p') return true;
  }
  return false;
}

// The cue that is near enough: what it says of a number further off is not this.
std::optional<Extent> NearCue(std::string_view text, size_t start, size_t end, Sink* sink) {
  if (!MayBeSaid(text, start, end, sink)) return std::nullopt;
  const std::optional<Extent> cue = sink->cues().Beside(start, end, Cue::kPostcode);
  if (!cue) return std::nullopt;
  const bool is_before = cue->end <= start;
  const std::string_view gap = is_before ? text.substr(cue->end, start - cue->end) : text.substr(end, cue->start - end);
  sink->steps += gap.size();
  if (gap.size() > (is_before ? kMaxGapBytes : 3)) return std::nullopt;
  if (gap.find_first_of("0123456789;\n(") != std::string_view::npos && !(gap.ends_with('(') || gap == "\n"))
    return std::nullopt;
  // "zip file 12345".
  const bool is_zip = is_before && FoldedWord(text.substr(cue->start, cue->end - cue->start)).view() == "zip";
  if (is_zip && gap != " is " && std::any_of(gap.begin(), gap.end(), IsWordByte)) return std::nullopt;
  return gap.find(". ") == std::string_view::npos || gap == ". " ? cue : std::nullopt;
}

// English caps are many: "a cap of 10000". The Italian one is in capitals, quoted as a field, or a town follows.
bool IsTheItalianCap(std::string_view text, std::string_view cue, size_t start, size_t end) {
  if (cue == "CAP") return true;
  return Before(text, start) == '"' || Before(text, start) == '\'' ||
         (At(text, end) == ' ' && IsUpper(At(text, end + 1)));
}

Entity EntityOf(std::string_view cue, const Sink& sink) {
  const FoldedWord folded(cue.substr(0, kMaxWordBytes));
  const bool german = folded.view().starts_with("plz") || folded.view().starts_with("postleit");
  if (german && sink.Wants(Entity::kDePlz)) return Entity::kDePlz;
  return sink.Wants(Entity::kPostcode) ? Entity::kPostcode : Entity::kDePlz;
}

void FindNumeric(std::string_view text, size_t digit, size_t digits, Sink* sink) {
  size_t end = digit + digits;
  if (digits == 5) end = ZipEnd(text, digit);
  if (end == digit || IsJoinedNumber(text, digit, end)) return;
  sink->steps += 8;
  if (digits == 5 && sink->Wants(Entity::kPostcode)) {
    const double alone = SpecOf(Entity::kPostcode).scores.alone;
    if (FollowsUsState(text, digit) || PrecedesItalianTown(text, end, &sink->steps) ||
        IsOfLargeTown(text, digit, end)) {
      sink->Add(Entity::kPostcode, digit, end, Evidence::kPattern, alone);
    }
  }
  if (const std::optional<Extent> cue = NearCue(text, digit, end, sink)) {
    const std::string_view word = text.substr(cue->start, cue->end - cue->start);
    if (FoldedWord(word).view() == "cap" && !IsTheItalianCap(text, word, digit, end)) return;
    const Entity entity = EntityOf(word, *sink);
    if (digits == 4 && entity == Entity::kPostcode && word.size() == 3) return;  // "zip" and "CAP" have five.
    sink->Add(entity, digit, end, Evidence::kContext, SpecOf(entity).scores.in_context, *cue);
  }
}

void FindUk(std::string_view text, size_t digit, Sink* sink) {
  size_t start = digit;
  while (digit - start < 3 && IsLetter(Before(text, start))) --start;
  sink->steps += 8;
  if (digit - start > 2 || Before(text, start) == '-') return;
  const UkPostcode code = ReadUkPostcode(text, start);
  if (code.end == start) return;
  const EntitySpec& spec = SpecOf(Entity::kUkPostcode);
  if (const std::optional<Extent> cue = NearCue(text, start, code.end, sink)) {
    sink->Add(Entity::kUkPostcode, start, code.end, Evidence::kContext, spec.scores.in_context, *cue);
  } else if (code.is_upper && !code.is_size) {
    constexpr Cue kOther[] = {Cue::kOther};
    const bool is_other = sink->cues().NearestBefore(start, kOther) != Cue::kNone;
    const bool is_sure = code.is_spaced && !code.is_hexadecimal && !is_other;
    sink->Add(Entity::kUkPostcode, start, code.end, Evidence::kPattern, is_sure ? spec.scores.alone : 0.3);
  }
}

void FindPostcodes(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  const bool wants_numeric = sink->Wants(Entity::kPostcode) || sink->Wants(Entity::kDePlz);
  const bool wants_uk = sink->Wants(Entity::kUkPostcode);
  for (const uint32_t anchor_end : anchor_ends) {
    const size_t digit = anchor_end - 1;
    ++sink->steps;
    if (IsLetter(Before(text, digit))) {
      if (wants_uk) FindUk(text, digit, sink);
      continue;
    }
    if (!wants_numeric) continue;
    size_t digits = 1;
    while (digits <= 5 && IsDigit(At(text, digit + digits))) ++digits;
    sink->steps += digits;
    if (digits == 4 || digits == 5) FindNumeric(text, digit, digits, sink);
  }
}

}  // namespace

const Recognizer kPostcodeRecognizer = {DigitRunAnchor, false, FindPostcodes, nullptr, SeekDigitRuns};

}  // namespace tokenfoundry::pii
