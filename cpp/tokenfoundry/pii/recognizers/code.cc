// The anchor is the first digit of a run. From it the start of the code is found, and the forms whose first run of
// letters and digits is as long as the text's are compared; what fits is checked and reported.
#include <algorithm>
#include <array>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"
#include "tokenfoundry/pii/recognizers/code_forms_internal.h"
#include "tokenfoundry/pii/validators/registry.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kMaxLetterGroup = 4;  // Of letters alone before the first digits: "ES B 1234...", "CA 00000 AA".

// An entity that is printed in some shape.
struct Reading {
  Entity entity;
  Strength strength;
  double alone;
  Validator validator;  // Or null.
};

// Which characters of a first run are digits and which are letters, a bit each from the lowest on.
struct Run {
  uint64_t digits = 0;
  uint64_t letters = 0;
};

struct Form {
  std::string_view shape;
  bool has_loose_prefix;  // Letters, then a gap: "ES 1234...". They must be capitals, or every "es" would be a country.
  Run first_run;          // What must be there.
  std::vector<Reading> readings;
};

bool IsSeparator(char c) { return c == ' ' || c == '-' || c == '/' || c == '.'; }

size_t FirstRunSize(std::string_view shape) {
  const auto end = std::find_if(shape.begin(), shape.end(), IsSeparator);
  return static_cast<size_t>(end - shape.begin());
}

bool HasLoosePrefix(std::string_view shape) {
  const size_t size = FirstRunSize(shape);
  return size < shape.size() && std::all_of(shape.begin(), shape.begin() + size, IsUpper);
}

Run RunOf(std::string_view shape) {
  Run run;
  for (size_t i = 0; i < FirstRunSize(shape); ++i) {
    if (shape[i] == 'd' || IsDigit(shape[i])) run.digits |= uint64_t{1} << i;
    if (shape[i] == 'l' || IsUpper(shape[i])) run.letters |= uint64_t{1} << i;
  }
  return run;
}

Run ReadRun(std::string_view run) {
  Run read;
  for (size_t i = 0; i < run.size(); ++i) (IsDigit(run[i]) ? read.digits : read.letters) |= uint64_t{1} << i;
  return read;
}

bool MayFit(const Run& wanted, const Run& run) {
  return (wanted.digits & ~run.digits) == 0 && (wanted.letters & ~run.letters) == 0;
}

bool Fits(char shape, char c) {
  switch (shape) {
    case 'd':
      return IsDigit(c);
    case 'l':
      return IsLetter(c);
    case 'x':
      return IsAlnum(c);
    default:
      return ToUpper(c) == shape;
  }
}

// Every form, by the length of its first run and by the characters it may begin with: most of what stands in a text
// fits none. Built once: the table is constant.
class FormIndex {
 public:
  FormIndex() {
    for (const CodeForms& row : CodeFormTable()) {
      const Validator validator = row.validator.empty() ? nullptr : FindValidator(row.validator);
      for (std::string_view rest = row.forms; !rest.empty();) {
        const std::string_view shape = rest.substr(0, rest.find('|'));
        FormOf(shape).readings.push_back({row.entity, row.strength, row.alone, validator});
        rest.remove_prefix(std::min(shape.size() + 1, rest.size()));
      }
    }
    for (size_t size = 0; size <= kMaxCodeChars; ++size) {
      for (const Form& form : by_first_run_[size]) {
        for (size_t c = 0; c < kAscii; ++c) {
          if (!Fits(form.shape[0], static_cast<char>(c))) continue;
          Beginning& forms = beginning_[size][c];
          (form.shape.size() == size ? forms.whole : forms.longer).push_back(&form);
        }
      }
    }
  }
  // The forms of which a first run of `size` characters may begin with the letter or digit `first`: those that are no
  // longer, and those that are.
  struct Beginning {
    std::vector<const Form*> whole;
    std::vector<const Form*> longer;
  };
  const Beginning& BeginningWith(size_t size, char first) const {
    return beginning_[size][static_cast<unsigned char>(first) % kAscii];
  }

 private:
  Form& FormOf(std::string_view shape) {
    std::vector<Form>& forms = by_first_run_[FirstRunSize(shape)];
    const auto found = std::find_if(forms.begin(), forms.end(), [&](const Form& form) { return form.shape == shape; });
    return found != forms.end() ? *found : forms.emplace_back(Form{shape, HasLoosePrefix(shape), RunOf(shape), {}});
  }

  static constexpr size_t kAscii = 128;
  std::array<std::vector<Form>, kMaxCodeChars + 1> by_first_run_;  // Not changed once beginning_ points into it.
  std::array<std::array<Beginning, kAscii>, kMaxCodeChars + 1> beginning_;
};

const FormIndex& Forms() {
  static const FormIndex* const index = new FormIndex();  // Never destroyed: detectors may outlive statics.
  return *index;
}

struct Code {
  std::array<char, kMaxCodeChars> characters;  // Letters and digits, upper case.
  size_t size = 0;
  size_t end = 0;  // In the text, or 0 if the form does not fit.
};

Code Match(std::string_view text, size_t start, std::string_view shape, uint64_t* steps) {
  Code code;
  size_t at = start;
  for (const char expected : shape) {
    ++*steps;
    if (expected == ' ') {
      const size_t size = At(text, at) == '/' ? 1 : SeparatorSize(text, at);
      if (size == 0) return code;
      at += size;
      continue;
    }
    const char c = At(text, at);
    if (!Fits(expected, c)) return code;
    const bool is_word =
        expected == 'l' && IsLetter(c) && !IsUpper(c) && Before(text, at) == ' ' && At(text, at + 1) == ' ';
    if (is_word) return code;  // "12345678 y 9": a word, not the letter of a code.
    if (!IsSeparator(expected)) code.characters[code.size++] = ToUpper(c);
    ++at;
  }
  code.end = at;
  return code;
}

// Whether what starts at `start` only continues something before it: 0.123, 12-345, 1/2, a_1, @a1. A comma separates:
// the rows of a table are full of them.
bool IsJoinedBefore(std::string_view text, size_t start) {
  const char before = Before(text, start);
  if (before == '_' || before == '@' || before == '$' || before == '+') return true;
  return std::string_view("-./:").find(before) != std::string_view::npos && IsDigit(Before(text, start, 2));
}

bool IsJoinedAfter(std::string_view text, size_t end) {
  const char after = At(text, end);
  if (IsAlnum(after) || after == '_' || after == '@') return true;
  if (after == '-') return IsAlnum(At(text, end + 1));
  return std::string_view("./:").find(after) != std::string_view::npos && IsDigit(At(text, end + 1));
}

void Report(const Reading& reading, size_t start, const Code& code, Sink* sink) {
  if (!sink->Wants(reading.entity)) return;
  if (reading.validator != nullptr && !reading.validator({code.characters.data(), code.size})) return;
  if (reading.strength == Strength::kProves) sink->AddValidated(reading.entity, start, code.end);
  if (reading.strength == Strength::kChecks) sink->AddChecked(reading.entity, start, code.end, reading.alone);
  if (reading.strength == Strength::kForm) sink->AddForm(reading.entity, start, code.end, reading.alone);
}

// Whether what stands behind the first run, `separator` bytes between groups or none, may be the rest of a shape: the
// first two characters of it, which sort out nearly all.
bool GoesOn(std::string_view rest, std::string_view text, size_t at, size_t separator) {
  if (rest[0] != ' ' && rest[0] != ToUpper(At(text, at))) return false;
  const size_t size = rest[0] == ' ' ? separator : 1;
  return size > 0 && (rest.size() == 1 || rest[1] == ' ' || Fits(rest[1], At(text, at + size)));
}

void TryForm(const Form& form, std::string_view text, size_t start, Sink* sink) {
  if (form.has_loose_prefix && !IsUpper(text[start])) return;
  const Code code = Match(text, start, form.shape, &sink->steps);
  if (code.end == 0 || IsJoinedAfter(text, code.end)) return;
  for (const Reading& reading : form.readings) Report(reading, start, code, sink);
}

void TryForms(std::string_view text, size_t start, size_t first_run, Sink* sink) {
  if (first_run > kMaxCodeChars) return;
  const FormIndex::Beginning& forms = Forms().BeginningWith(first_run, text[start]);
  const size_t end = start + first_run;
  const Run run = ReadRun(text.substr(start, first_run));
  if (!forms.whole.empty() && !IsJoinedAfter(text, end)) {
    for (const Form* form : forms.whole) {
      if (MayFit(form->first_run, run)) TryForm(*form, text, start, sink);
    }
  }
  const size_t separator = At(text, end) == '/' ? 1 : SeparatorSize(text, end);
  if (separator == 0) return;
  for (const Form* form : forms.longer) {
    if (!MayFit(form->first_run, run)) continue;
    if (GoesOn(form->shape.substr(first_run), text, end, separator)) TryForm(*form, text, start, sink);
  }
}

// Bytes of the letters that end just before `end`, if they are few and nothing is joined to them; else 0.
size_t LetterGroupBefore(std::string_view text, size_t end) {
  size_t size = 0;
  while (size <= kMaxLetterGroup && IsLetter(Before(text, end - size))) ++size;
  return size <= kMaxLetterGroup && !IsAlnum(Before(text, end - size)) ? size : 0;
}

void FindCodes(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  for (const uint32_t anchor_end : anchor_ends) {
    const size_t digit = anchor_end - 1;
    size_t start = digit;
    while (digit - start <= kMaxCodeChars && IsLetter(Before(text, start))) --start;
    sink->steps += digit - start + 1;
    if (IsAlnum(Before(text, start))) continue;  // An earlier anchor has seen this run, or it is too long.
    size_t end = anchor_end;
    while (end - start <= kMaxCodeChars && IsAlnum(At(text, end))) ++end;
    sink->steps += end - start;

    if (!IsJoinedBefore(text, start)) TryForms(text, start, end - start, sink);
    const size_t separator = start == digit ? SeparatorSizeBefore(text, start) : 0;
    if (separator == 0) continue;
    const size_t letters = LetterGroupBefore(text, start - separator);
    const size_t group = start - separator - letters;
    if (letters > 0 && !IsJoinedBefore(text, group)) TryForms(text, group, letters, sink);
  }
}

}  // namespace

const Recognizer kCodeRecognizer = {DigitRunAnchor, false, FindCodes, nullptr, SeekDigitRuns};

}  // namespace tokenfoundry::pii
