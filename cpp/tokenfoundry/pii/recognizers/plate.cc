// The anchor is the first digit of a run. The shapes of five countries, and whatever stands right behind a word that
// says plate; most need such a word, because part numbers look the same.
#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/catalogue_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"
#include "tokenfoundry/pii/recognizers/folded_word_internal.h"
#include "tokenfoundry/pii/recognizers/place_internal.h"
#include "tokenfoundry/pii/validators/de_plate.h"
#include "tokenfoundry/pii/validators/uk_vehicle_registration.h"

namespace tokenfoundry::pii {
namespace {

constexpr bool IsGap(char c) { return c == ' ' || c == '-'; }

bool AreUpper(std::string_view letters, std::string_view never) {
  return std::all_of(letters.begin(), letters.end(),
                     [&](char c) { return IsUpper(c) && never.find(c) == std::string_view::npos; });
}

// The letters, digits and letters around the run of digits at `digit`, at most one gap on either side.
struct Shape {
  size_t start;
  size_t end;
  std::string_view before;
  std::string_view digits;
  std::string_view after;
  char gap_before = '\0';
  char gap_after = '\0';
};

Shape ReadShape(std::string_view text, size_t digit, uint64_t* steps) {
  Shape shape{digit, digit, {}, {}, {}};
  size_t digits_end = digit;
  while (digits_end - digit < 6 && IsDigit(At(text, digits_end))) ++digits_end;
  shape.digits = text.substr(digit, digits_end - digit);
  shape.end = digits_end;

  const size_t gap_before = IsGap(Before(text, digit)) ? 1 : 0;
  size_t start = digit - gap_before;
  while (digit - start < 5 && IsUpper(Before(text, start))) --start;
  if (start < digit - gap_before && !IsWordByte(Before(text, start)) && !IsDigit(Before(text, start))) {
    shape.before = text.substr(start, digit - gap_before - start);
    shape.start = start;
    if (gap_before > 0) shape.gap_before = text[digit - 1];
  }
  const size_t gap_after = IsGap(At(text, digits_end)) ? 1 : 0;
  size_t end = digits_end + gap_after;
  while (end - digits_end < 5 && IsUpper(At(text, end))) ++end;
  if (end > digits_end + gap_after && !IsWordByte(At(text, end)) && !IsDigit(At(text, end))) {
    shape.after = text.substr(digits_end + gap_after, end - digits_end - gap_after);
    shape.end = end;
    if (gap_after > 0) shape.gap_after = text[digits_end];
  }
  *steps += shape.end - shape.start + 2;
  return shape;
}

bool IsJoined(std::string_view text, size_t start, size_t end) {
  return IsJoinedNumber(text, start, end) || Before(text, start) == '-' || Before(text, start) == '.' ||
         Before(text, start) == '=' || (At(text, end) == '-' && IsAlnum(At(text, end + 1)));
}

void Report(Entity entity, size_t start, size_t end, double alone, Sink* sink) {
  if (!sink->Wants(entity)) return;
  if (const std::optional<Extent> cue = sink->cues().Beside(start, end, Cue::kPlate)) {
    sink->Add(entity, start, end, Evidence::kContext, SpecOf(entity).scores.in_context, *cue);
  } else {
    constexpr Cue kOther[] = {Cue::kOther};
    const bool is_other = alone > 0 && sink->cues().NearestBefore(start, kOther) != Cue::kNone;  // "part M-AB 12".
    sink->Add(entity, start, end, Evidence::kPattern, is_other ? alone / 2 : alone);
  }
}

// AA 123 BB: Italy since 1994, France since 2009.
bool IsItalianOrFrench(const Shape& shape) {
  return shape.before.size() == 2 && shape.digits.size() == 3 && shape.after.size() == 2 &&
         shape.gap_before == shape.gap_after && AreUpper(shape.before, "IOQU") && AreUpper(shape.after, "IOQU");
}

// 1234 BBB, consonants only.
bool IsSpanish(const Shape& shape) {
  return shape.digits.size() == 4 && shape.after.size() == 3 && AreUpper(shape.after, "AEIOUQ");
}

// FE 123456, MI 1A2345 is too rare to matter; RM is written ROMA as well.
bool IsOldItalian(const Shape& shape) {
  return shape.before.size() == 2 && (shape.digits.size() == 5 || shape.digits.size() == 6) && shape.after.empty() &&
         IsItalianProvince(shape.before);
}

bool IsBritish(const Shape& shape, std::string_view text) {
  char compact[8];
  size_t size = 0;
  for (size_t at = shape.start; at < shape.end; ++at) {
    if (IsGap(text[at])) continue;
    if (size == sizeof(compact)) return false;
    compact[size++] = text[at];
  }
  return shape.gap_before == '\0' && IsUkVehicleRegistration({compact, size});
}

// M-AB 1234, TÜ AB 123E: the district, a gap, one or two letters, a gap, one to four digits.
void FindGerman(std::string_view text, const Shape& shape, Sink* sink) {
  if (shape.before.empty() || shape.before.size() > 2 || shape.digits.size() > 4 || shape.digits[0] == '0') return;
  const size_t letters = static_cast<size_t>(shape.before.data() - text.data());
  const char gap = Before(text, letters);
  if (!IsGap(gap)) return;
  size_t start = letters - 1;
  while (letters - start <= 7 && IsWordByte(Before(text, start))) --start;
  sink->steps += letters - start;
  const std::string_view district = text.substr(start, letters - 1 - start);
  if (district.empty() || !IsUpper(district.back() & 0x80 ? 'A' : district.back()) || !IsDePlateDistrict(district))
    return;
  const size_t digits_end = static_cast<size_t>(shape.digits.data() - text.data()) + shape.digits.size();
  const bool kind = shape.gap_after == '\0' && (shape.after == "E" || shape.after == "H");
  const size_t end = digits_end + (kind ? 1 : 0);
  if (IsJoined(text, start, end)) return;
  // Two gaps of one kind are many things ("S-AB-12"); a hyphen and then a space, or nothing, is the plate's own.
  const bool own = gap == '-' && shape.gap_before != '-';
  Report(Entity::kDeKfz, start, end, own ? SpecOf(Entity::kDeKfz).scores.alone : 0.2, sink);
}

// Any letters and digits in capitals right behind "plate:", "targa", "immatriculé".
void FindAny(std::string_view text, size_t digit, Sink* sink) {
  constexpr size_t kMostBytes = 11;
  constexpr size_t kLeast = 5;
  constexpr size_t kMaxGapBytes = 12;
  size_t start = digit;
  const auto is_mark = [](char c) { return IsUpper(c) || IsDigit(c); };
  while (digit - start <= kMostBytes) {
    const char c = Before(text, start);
    if (!is_mark(c) && !(IsGap(c) && is_mark(Before(text, start, 2)))) break;
    --start;
  }
  size_t end = digit;
  while (end - start <= kMostBytes) {
    const char c = At(text, end);
    if (!is_mark(c) && !(IsGap(c) && is_mark(At(text, end + 1)))) break;
    ++end;
  }
  sink->steps += end - start;
  if (end - start < kLeast || end - start > kMostBytes || IsJoined(text, start, end)) return;
  const std::string_view plate = text.substr(start, end - start);
  if (std::none_of(plate.begin(), plate.end(), IsUpper)) return;
  const std::optional<Extent> cue = sink->cues().Beside(start, end, Cue::kPlate);
  if (!cue || cue->end > start || start - cue->end > kMaxGapBytes) return;
  if (text.substr(cue->end, start - cue->end).find_first_of(";\n.") != std::string_view::npos) return;
  sink->Add(Entity::kLicensePlate, start, end, Evidence::kContext, 0.6, *cue);
}

// 1234 BBB: most runs of digits end here.
bool PrecedesCapital(std::string_view text, size_t digit) {
  size_t end = digit;
  while (end - digit < 5 && IsDigit(At(text, end))) ++end;
  if (IsGap(At(text, end))) ++end;
  return IsUpper(At(text, end));
}

void FindPlates(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  for (const uint32_t anchor_end : anchor_ends) {
    const size_t digit = anchor_end - 1;
    ++sink->steps;
    const char before = Before(text, digit);
    const bool after_capital = IsUpper(before) || (IsGap(before) && IsUpper(Before(text, digit, 2)));
    if (!after_capital && !PrecedesCapital(text, digit)) continue;
    const Shape shape = ReadShape(text, digit, &sink->steps);
    if (sink->Wants(Entity::kLicensePlate)) FindAny(text, digit, sink);
    if (shape.before.empty() && shape.after.empty()) continue;
    if (!shape.before.empty()) FindGerman(text, shape, sink);
    if (IsJoined(text, shape.start, shape.end)) continue;
    const double alone = SpecOf(Entity::kLicensePlate).scores.alone;
    if (IsItalianOrFrench(shape)) Report(Entity::kLicensePlate, shape.start, shape.end, alone, sink);
    if (IsOldItalian(shape)) Report(Entity::kLicensePlate, shape.start, shape.end, 0, sink);
    if (shape.before.empty() && IsSpanish(shape)) Report(Entity::kLicensePlate, shape.start, shape.end, 0, sink);
    if (sink->Wants(Entity::kUkVehicleRegistration) && IsBritish(shape, text)) {
      Report(Entity::kUkVehicleRegistration, shape.start, shape.end,
             SpecOf(Entity::kUkVehicleRegistration).scores.alone, sink);
    }
  }
}

}  // namespace

const Recognizer kPlateRecognizer = {DigitRunAnchor, false, FindPlates, nullptr, SeekDigitRuns};

}  // namespace tokenfoundry::pii
