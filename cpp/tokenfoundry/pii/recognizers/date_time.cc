// The anchor is the first digit of a run: a date, a time of day, or both in a row.
#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/catalogue_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"
#include "tokenfoundry/pii/recognizers/date_text_internal.h"
#include "tokenfoundry/pii/recognizers/folded_word_internal.h"

namespace tokenfoundry::pii {
namespace {

double ScoreOf(DateForm form) {
  const double whole = SpecOf(Entity::kDateTime).scores.alone;
  return form == DateForm::kFull ? whole : whole - 0.2;
}

// 2025-03-12T09:14:03Z, 12/03/2025 09:30, 12/Mar/2025:09:14:03 +0000.
size_t EndWithTime(std::string_view text, size_t date_end, uint64_t* steps) {
  size_t at = date_end;
  if (At(text, at) == ',') ++at;
  const char joint = At(text, at);
  if (joint != ' ' && joint != 'T' && joint != ':') return date_end;
  if (!IsDigit(At(text, ++at))) return date_end;
  const size_t end = TimeEnd(text, at, steps);
  return end > at ? end : date_end;
}

// 20250312T091403Z.
size_t CompactEnd(std::string_view text, size_t digit, uint64_t* steps) {
  constexpr size_t kDay = 8;
  constexpr size_t kTime = 6;
  if (digit + kDay >= text.size() || text[digit + kDay] != 'T') return digit;
  if (LooseDateEnd(text.substr(0, digit + kDay), digit, steps) != digit + kDay) return digit;
  size_t end = digit + kDay + 1;
  for (size_t i = 0; i < kTime; ++i, ++end) {
    if (!IsDigit(At(text, end))) return digit;
  }
  if (At(text, end) == 'Z') ++end;
  return IsAlnum(At(text, end)) ? digit : end;
}

bool IsJoinedBefore(std::string_view text, size_t digit) {
  const char before = Before(text, digit);
  if (before == '_' || before == '$' || before == '#' || before == '+') return true;
  if (IsWordByte(before)) return before != 'T' || !IsDigit(Before(text, digit, 2));
  return std::string_view("-.,/:").find(before) != std::string_view::npos && IsDigit(Before(text, digit, 2));
}

void FindDateTimes(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  size_t last_end = 0;
  for (const uint32_t anchor_end : anchor_ends) {
    const size_t digit = anchor_end - 1;
    ++sink->steps;
    if (digit < last_end || IsJoinedBefore(text, digit)) continue;
    const DateText date = ReadDate(text, digit, &sink->steps);
    if (date.form != DateForm::kNone) {
      last_end = EndWithTime(text, date.place.end, &sink->steps);
      sink->Add(Entity::kDateTime, date.place.start, last_end, Evidence::kPattern, ScoreOf(date.form));
      continue;
    }
    size_t end = CompactEnd(text, digit, &sink->steps);
    if (end == digit) end = TimeEnd(text, digit, &sink->steps);
    if (end == digit) continue;
    last_end = end;
    sink->Add(Entity::kDateTime, digit, end, Evidence::kPattern, ScoreOf(DateForm::kDayMonth));
  }
}

}  // namespace

const Recognizer kDateTimeRecognizer = {DigitRunAnchor, false, FindDateTimes, nullptr, SeekDigitRuns};

}  // namespace tokenfoundry::pii
