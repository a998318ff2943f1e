// Values beside a word that says they are secret: the anchor is the word. A program or a configuration assigns with a
// sign, and nearly any value counts; a sentence does with a verb, and then the value must not look like a word.
#include <algorithm>
#include <array>
#include <vector>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/catalogue_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"
#include "tokenfoundry/pii/recognizers/secret_text_internal.h"
#include "tokenfoundry/pii/recognizers/secret_words_internal.h"
#include "tokenfoundry/pii/recognizers/token_shapes_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kMaxValueBytes = 1024;
constexpr size_t kMaxSpaces = 16;
constexpr size_t kMaxPhraseBytes = 48;  // Between the word and the verb of its sentence.
constexpr size_t kMaxTypeBytes = 40;
constexpr size_t kMinPasswordBytes = 4;
constexpr size_t kMinSignatureBytes = 40;
constexpr size_t kMinQuotedTokenBytes = 8;

char LowerAt(std::string_view text, size_t at) { return ToLower(At(text, at)); }

// ASCII letters in either case.
bool StartsWithWord(std::string_view text, size_t at, std::string_view lower) {
  if (text.size() - std::min(at, text.size()) < lower.size()) return false;
  for (size_t i = 0; i < lower.size(); ++i) {
    if (ToLower(text[at + i]) != lower[i]) return false;
  }
  return true;
}

bool IsWordByte(char c) { return IsAlnum(c) || c == '_' || (c & 0x80) != 0; }

size_t SkipSpaces(std::string_view text, size_t at) {
  size_t end = at;
  while (end - at < kMaxSpaces && (At(text, end) == ' ' || At(text, end) == '\t')) ++end;
  return end;
}

// Bytes of the quote at `at`, which a program may have escaped (\"), or 0. `close` is what closes it.
size_t QuoteSize(std::string_view text, size_t at, std::string_view* close) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kQuotes = {{{"\\\"", "\\\""},
                                                                                            {"\\'", "\\'"},
                                                                                            {"\"", "\""},
                                                                                            {"'", "'"},
                                                                                            {"`", "`"},
                                                                                            {"«", "»"},
                                                                                            {"“", "”"},
                                                                                            {"„", "“"},
                                                                                            {"‘", "’"}}};
  const std::string_view rest = text.substr(std::min(at, text.size()), 4);
  for (const auto& [open, closing] : kQuotes) {
    if (!rest.starts_with(open)) continue;
    *close = closing;
    return open.size();
  }
  return 0;
}

// How the text says that a value belongs to a word.
enum class Link : uint8_t { kNone, kSign, kVerb, kBeside };

struct Value {
  size_t start = 0;
  size_t end = 0;  // start if there is none.
  Link link = Link::kNone;
  bool quoted = false;
  bool spaced = false;  // A space stands between the sign and the value.
  char sign = '\0';
};

// A type between a name and its value: "password: str = ...". The end of "str =", or `at`. Digits belong to values.
size_t SkipType(std::string_view text, size_t at) {
  size_t end = at;
  while (end - at < kMaxTypeBytes && !IsDigit(At(text, end)) &&
         (IsWordByte(At(text, end)) || std::string_view(".[]|? ").find(At(text, end)) != text.npos) &&
         At(text, end) != '\0')
    ++end;
  const bool assigned = end > at && At(text, end) == '=' && At(text, end + 1) != '=';
  return assigned ? SkipSpaces(text, end + 1) : at;
}

// Behind the asterisks of Markdown: "**Password**: ...", "**Password:** ...".
size_t SkipEmphasis(std::string_view text, size_t at) {
  for (int i = 0; i < 2 && At(text, at) == '*'; ++i) ++at;
  return at;
}

// The value that starts at `at`, quoted or up to a space.
Value ReadValue(std::string_view text, size_t at, uint64_t* steps) {
  Value value{.start = at, .end = at};
  std::string_view close;
  if (const size_t quote = QuoteSize(text, at, &close)) {
    value.start = at + quote;
    value.quoted = true;
    const std::string_view rest = text.substr(value.start, kMaxValueBytes);
    const size_t line = std::min(rest.find('\n'), rest.size());
    const size_t closed = rest.substr(0, line).find(close);
    *steps += std::min(closed, line);
    value.end = closed == rest.npos ? value.start : value.start + closed;
    return value;
  }
  size_t end = at;
  while (end < text.size() && end - at < kMaxValueBytes) {
    const char c = text[end];
    if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\'' || c == '`' || c == '<' || c == '>') break;
    if (c == ';' || (c == '\\' && std::string_view("nrt\"'").find(At(text, end + 1)) != text.npos)) break;
    if ((c == '&' || c == ',') && IsLetter(At(text, end + 1)) &&
        text.substr(end, kMaxPhraseBytes).find('=') != text.npos)
      break;
    if (c == '\xC2' && (At(text, end + 1) == '\xA0' || At(text, end + 1) == '\xBB')) break;
    if (c == '\xE2' && At(text, end + 1) == '\x80') break;
    ++end;
  }
  *steps += end - at;
  const std::string_view whole = text.substr(at, end - at);
  size_t size = whole.size();
  while (size > 0) {
    const char last = whole[size - 1];
    const bool opened = (last == ')' && whole.find('(') < size) || (last == ']' && whole.find('[') < size) ||
                        (last == '}' && whole.find('{') < size);
    if (opened || std::string_view(".,:)]}").find(last) == whole.npos) break;
    --size;
  }
  value.end = at + size;
  return value;
}

// The value that belongs to the word that ends at `at`.
Value FindValue(std::string_view text, size_t at, SecretKind kind, uint64_t* steps) {
  std::string_view close;
  size_t after = at;
  after += QuoteSize(text, after, &close);
  after = SkipEmphasis(text, after);
  if (At(text, after) == ']') ++after;
  if (At(text, after) == ')') ++after;
  const size_t next = SkipSpaces(text, after);
  size_t sign_end = next;
  Value value;
  for (const std::string_view sign : {":=", "=>", "->", "?=", "===", "==", "=", ":", ">", "→"}) {
    if (!text.substr(next).starts_with(sign)) continue;
    sign_end = next + sign.size();
    break;
  }
  // Methods: setPassword("..."), .password('...').
  if (sign_end == next && kind != SecretKind::kPass && At(text, next) == '(' && QuoteSize(text, next + 1, &close) != 0)
    sign_end = next + 1;
  if (sign_end != next) {
    const char sign = text[next];
    size_t start = SkipSpaces(text, sign == ':' ? SkipEmphasis(text, sign_end) : sign_end);
    if (sign == ':' && kind != SecretKind::kAuthorization) start = SkipType(text, start);
    if (sign == ':' && At(text, start) == '\n') start = SkipSpaces(text, start + 1);
    value = ReadValue(text, start, steps);
    value.link = Link::kSign;
    value.sign = sign;
    value.spaced = start > sign_end || next > after;
    return value;
  }
  if (next == after || kind == SecretKind::kAuthorization || kind == SecretKind::kSignature) return value;
  // "password for the mail server is ...": the nearest verb or colon of the same sentence.
  const size_t limit = std::min(text.size(), next + kMaxPhraseBytes);
  for (size_t word = next; word < limit && kind != SecretKind::kScheme;) {
    size_t end = word;
    while (end < limit && IsWordByte(text[end])) ++end;
    if (text[end == word ? word : end - 1] != '\0' && At(text, end) == '\'' && end - word == 1) ++end;  // e'
    const std::string_view said = text.substr(word, end - word);
    *steps += said.size() + 1;
    const auto copulas = SecretCopulas();
    const bool is_verb =
        At(text, end) == ' ' && std::any_of(copulas.begin(), copulas.end(), [&](std::string_view verb) {
          return said.size() == verb.size() && StartsWithWord(text, word, verb);
        });
    const size_t gap = SkipSpaces(text, end);
    if (is_verb || (At(text, gap) == ':' && At(text, gap + 1) == ' ')) {
      size_t start = SkipSpaces(text, is_verb ? gap : gap + 1);
      if (is_verb && At(text, start) == ':') start = SkipSpaces(text, start + 1);
      value = ReadValue(text, start, steps);
      value.link = Link::kVerb;
      return value;
    }
    if (gap == end && !(At(text, end) == '\'' && IsLetter(At(text, end + 1)))) break;
    word = gap == end ? end + 1 : gap;
  }
  if (kind == SecretKind::kPass || next != after + 1) return value;  // "pass x", or the columns of a table.
  value = ReadValue(text, next, steps);
  value.link = Link::kBeside;
  return value;
}

bool IsIdentifierPath(std::string_view value) {
  return !value.empty() && !IsDigit(value[0]) &&
         std::all_of(value.begin(), value.end(), [](char c) { return IsAlnum(c) || c == '_' || c == '.' || c == ':'; });
}

// Code that computes the value: "os.environ[...]", "get()", "*args", "~uint32_t{0}", "name=other".
bool IsExpression(std::string_view text, const Value& value) {
  std::string_view written = text.substr(value.start, value.end - value.start);
  if (value.quoted) return false;
  if (std::string_view("([{").find(written.front()) != written.npos) return true;
  const char sign = written.front();
  while (!written.empty() && std::string_view("&*~!-").find(written.front()) != written.npos) written.remove_prefix(1);
  if (written.empty()) return true;
  if (sign != written.front() && IsIdentifierPath(written)) return ClassesOf(written).digit == 0;
  const size_t bracket = written.find_first_of("([{=");
  if (bracket != written.npos && IsIdentifierPath(written.substr(0, bracket))) {
    return written[bracket] != '=' || (value.link != Link::kSign && bracket + 1 < written.size());
  }
  const char next = At(text, value.end);
  return IsIdentifierPath(written) && (next == '(' || next == '[' || next == '{');
}

// Whether the line says "NAME=value" and nothing else, as environment and property files do. `word` is in the name.
bool IsWholeLine(std::string_view text, size_t word, const Value& value) {
  size_t start = word;
  while (word - start < kMaxPhraseBytes &&
         (IsWordByte(Before(text, start)) || Before(text, start) == '-' || Before(text, start) == '.'))
    --start;
  constexpr std::string_view kExport = "export ";
  if (start >= kExport.size() && text.substr(start - kExport.size(), kExport.size()) == kExport)
    start -= kExport.size();
  while (Before(text, start) == ' ' || Before(text, start) == '-' || Before(text, start) == '"') {
    if (word - --start > kMaxPhraseBytes) return false;
  }
  const char before = Before(text, start);
  const char after = At(text, value.end);
  return (start == 0 || before == '\n' || before == ';' || before == '&' || before == '?') &&
         (after == '\0' || after == '\n' || after == '\r' || after == ';' || after == '&');
}

// Whether the words of an expression, and nothing random among them: "settings.SECRET_KEY", "user_password".
bool IsName(std::string_view written) {
  if (!IsIdentifierPath(written)) return false;
  const CharacterClasses classes = ClassesOf(written);
  if (classes.digit == 0) return true;
  // A class: "PKCS7PrivateKeyTypes".
  for (const std::string_view word : {"Key", "Token", "Secret", "Type"}) {
    if (written.find(word) != written.npos) return true;
  }
  const std::string_view first = written.substr(0, written.find('.'));
  if (first.size() < written.size() && ClassesOf(first).digit == 0) return true;
  return written.find_first_of("._:") != written.npos && !LooksRandom(written);
}

bool IsPath(std::string_view written) {
  return std::count(written.begin(), written.end(), '/') > 1 && !LooksRandom(written);
}

bool IsPassword(std::string_view text, size_t word, const Value& value) {
  const std::string_view written = text.substr(value.start, value.end - value.start);
  const bool has_space = written.find(' ') != written.npos;
  const CharacterClasses classes = ClassesOf(written);
  const size_t letters = classes.lower + classes.upper;
  const bool number = letters == 0 && classes.digit == written.size();
  if (has_space || written.size() < kMinPasswordBytes || IsPath(written)) return false;
  if (value.link == Link::kSign) {
    if (value.sign == '(' || value.sign == '-') return LooksLikePassword(written);
    if (value.quoted) return true;
    if (number) return value.sign != '>';
    if (value.sign == '>') return At(text, value.end) == '<';
    if (!IsName(written)) return LooksLikePassword(written) || IsWholeLine(text, word, value);
    if (value.sign == ':') return IsWholeLine(text, word, value) && classes.upper == 0;
    return !value.spaced && IsWholeLine(text, word, value);
  }
  if (value.link == Link::kVerb) return value.quoted || (LooksLikePassword(written) && !IsName(written)) || number;
  if (value.quoted) return LooksLikePassword(written);
  return LooksLikePassword(written) && classes.Kinds() >= 3 && written.size() >= 8 && !IsName(written);
}

bool IsToken(const Value& value, std::string_view written) {
  if (written.find(' ') != written.npos) return false;
  if (LooksRandom(written)) return (value.quoted || !IsName(written)) && written.find("://") == written.npos;
  const CharacterClasses classes = ClassesOf(written);
  if (value.link == Link::kBeside || written.size() < kMinQuotedTokenBytes) return false;
  if (value.link == Link::kSign) {
    return classes.digit > 0 && classes.lower + classes.upper > 0 && classes.distinct >= 6 &&
           (value.quoted || classes.Kinds() >= 3) && !IsName(written);
  }
  return classes.Kinds() >= 3 && classes.digit > 0 && !IsName(written);
}

bool IsSecret(std::string_view text, size_t word, SecretKind kind, const Value& value) {
  if (value.link == Link::kNone || value.end <= value.start) return false;
  const std::string_view written = text.substr(value.start, value.end - value.start);
  if (value.link == Link::kBeside && written.find_first_of("()[]{},=") != written.npos) return false;
  if (IsExpression(text, value) || IsPlaceholder(written)) return false;
  switch (kind) {
    case SecretKind::kQuotedPassword:
      return value.quoted && LooksLikePassword(written);
    case SecretKind::kPassword:
    case SecretKind::kPass:
      return IsPassword(text, word, value);
    case SecretKind::kToken:
    case SecretKind::kKey:
    case SecretKind::kScheme:
      return IsToken(value, written);
    case SecretKind::kAuthorization:
      return written.size() >= kMinQuotedTokenBytes &&
             (LooksRandom(written) || LooksLikePassword(written) || written.ends_with('='));
    case SecretKind::kSignature:
      return written.size() >= kMinSignatureBytes && written.find('=') != 0;
  }
  return false;
}

// The word of the table that ends at `end`, or nullptr.
const SecretWord* WordEndingAt(std::string_view text, size_t end) {
  static const auto* const by_last = [] {
    auto* index = new std::array<std::vector<const SecretWord*>, 128>();
    for (const SecretWord& word : SecretWords())
      (*index)[static_cast<unsigned char>(word.word.back()) % 128].push_back(&word);
    for (auto& words : *index) {
      std::stable_sort(words.begin(), words.end(),
                       [](const SecretWord* a, const SecretWord* b) { return a->word.size() > b->word.size(); });
    }
    return index;
  }();
  for (const SecretWord* word : (*by_last)[static_cast<unsigned char>(LowerAt(text, end - 1)) % 128]) {
    if (end >= word->word.size() && StartsWithWord(text, end - word->word.size(), word->word)) return word;
  }
  return nullptr;
}

// "key" opens something: the word before it says what.
bool IsQualified(std::string_view text, size_t start) {
  size_t end = start;
  if (std::string_view("_- .").find(Before(text, end)) != text.npos) --end;
  size_t begin = end;
  while (end - begin < 16 && IsLetter(Before(text, begin))) --begin;
  // "accountKey" or "apikey": the qualifier is the end of the letters.
  char lower[16];
  for (size_t i = begin; i < end; ++i) lower[i - begin] = ToLower(text[i]);
  const std::string_view letters(lower, end - begin);
  const auto qualifiers = KeyQualifiers();
  return std::any_of(qualifiers.begin(), qualifiers.end(), [&](std::string_view word) {
    if (!letters.ends_with(word)) return false;
    const size_t at = end - word.size();
    return !IsLetter(Before(text, at)) || word.size() > 3 || IsUpper(text[at]);
  });
}

// "publicKeyToken", "PUBLIC_KEY".
bool IsPublic(std::string_view text, size_t start) {
  constexpr std::string_view kPublic = "public";
  for (size_t back = kPublic.size(); back <= start && back <= kPublic.size() + 4; ++back) {
    if (StartsWithWord(text, start - back, kPublic)) return true;
  }
  return false;
}

bool StartsWhole(std::string_view text, size_t start, const SecretWord& word) {
  if (!word.whole) return true;
  const char before = Before(text, start);
  if ((before & 0x80) != 0) return false;
  return !IsLetter(before) || (IsUpper(text[start]) && !IsUpper(before));
}

// The end of the name that the word ends: "password2", "PASSWORD_PROD". 0 if it goes on to mean something else.
size_t NameEnd(std::string_view text, size_t end) {
  const auto suffixes = SecretSuffixes();
  for (const std::string_view suffix : suffixes) {
    if (!StartsWithWord(text, end, suffix)) continue;
    end += suffix.size();
    break;
  }
  for (int i = 0; i < 2 && IsDigit(At(text, end)); ++i) ++end;
  const bool goes_on = IsWordByte(At(text, end)) || (At(text, end) == '-' && At(text, end + 1) != '>');
  return goes_on ? 0 : end;
}

// Behind the scheme's name, if one stands there: "Bearer ".
size_t SkipScheme(std::string_view text, size_t start) {
  for (const std::string_view scheme : {"basic ", "bearer ", "token ", "apikey ", "digest ", "negotiate ", "key "}) {
    if (StartsWithWord(text, start, scheme)) return start + scheme.size();
  }
  return start;
}

// The values in the column that the word in [start, end) heads.
void FindInColumn(std::string_view text, size_t start, size_t end, SecretKind kind, Sink* sink) {
  if (kind != SecretKind::kPassword && kind != SecretKind::kToken && kind != SecretKind::kKey) return;
  for (const Extent& cell : sink->cues().columns().CellsBelow(start)) {
    const std::string_view written = text.substr(cell.start, cell.end - cell.start);
    sink->steps += written.size();
    const bool is_one = written.size() >= kMinPasswordBytes && written.size() <= kMaxValueBytes &&
                        written.find(' ') == written.npos && std::any_of(written.begin(), written.end(), IsAlnum);
    if (!is_one || IsPlaceholder(written)) continue;
    if (kind != SecretKind::kPassword && !LooksRandom(written)) continue;
    sink->Add(Entity::kSecret, cell.start, cell.end, Evidence::kContext, SpecOf(Entity::kSecret).scores.in_context,
              {static_cast<uint32_t>(start), static_cast<uint32_t>(end)});
  }
}

void FindAssigned(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  size_t last_end = 0;
  for (const uint32_t anchor_end : anchor_ends) {
    ++sink->steps;
    if (anchor_end <= last_end) continue;
    const SecretWord* word = WordEndingAt(text, anchor_end);
    if (word == nullptr) continue;
    const size_t start = anchor_end - word->word.size();
    if (!StartsWhole(text, start, *word) || (word->kind == SecretKind::kKey && !IsQualified(text, start))) continue;
    const size_t name_end = NameEnd(text, anchor_end);
    if (name_end == 0 || IsPublic(text, start)) continue;
    FindInColumn(text, start, name_end, word->kind, sink);
    Value value = FindValue(text, name_end, word->kind, &sink->steps);
    if (word->kind == SecretKind::kAuthorization && value.link == Link::kSign) {
      const size_t behind = SkipScheme(text, value.start);
      if (behind > value.start) {
        const Value inner = ReadValue(text, behind, &sink->steps);
        value.end = value.quoted ? std::min(value.end, inner.end) : inner.end;
        value.start = behind;
      }
    }
    if (!IsSecret(text, start, word->kind, value)) continue;
    last_end = value.end;
    sink->Add(Entity::kSecret, value.start, value.end, Evidence::kContext, SpecOf(Entity::kSecret).scores.in_context,
              {static_cast<uint32_t>(start), static_cast<uint32_t>(name_end)});
  }
}

std::string Anchor() {
  std::string words;
  for (const SecretWord& word : SecretWords()) {
    if (!words.empty()) words += '|';
    for (const char c : word.word) {
      if (c == '?' || c == '&' || c == '-') words += '\\';
      words += c;
    }
  }
  return "(?:" + words + ")";
}

}  // namespace

const Recognizer kSecretAssignedRecognizer = {Anchor, true, FindAssigned};

}  // namespace tokenfoundry::pii
