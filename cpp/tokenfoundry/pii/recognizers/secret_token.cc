// Tokens whose issuer gave them a shape: the anchor is any prefix of the table. The right length of the right alphabet
// proves one; another length is still one where it looks random.
#include <algorithm>
#include <array>
#include <vector>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"
#include "tokenfoundry/pii/recognizers/secret_text_internal.h"
#include "tokenfoundry/pii/recognizers/token_shapes_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kMinLooseBytes = 16;  // Behind the prefix.
constexpr size_t kMaxLooseBytes = 512;
constexpr size_t kMinDistinct = 8;  // Different characters of a token; fewer are "xxxx".
constexpr size_t kMinDistinctHex = 6;
constexpr size_t kCrcSize = 6;  // Characters.
constexpr double kUncheckedScore = 0.9;
constexpr double kLooseScore = 0.75;

// The shapes by the last byte of their prefix, the longest prefix first.
class ShapeIndex {
 public:
  ShapeIndex() {
    for (const TokenShape& shape : TokenShapes()) by_last_[Slot(shape.prefix.back())].push_back(&shape);
    for (auto& shapes : by_last_) {
      std::stable_sort(shapes.begin(), shapes.end(),
                       [](const TokenShape* a, const TokenShape* b) { return a->prefix.size() > b->prefix.size(); });
    }
  }
  std::span<const TokenShape* const> EndingIn(char c) const { return by_last_[Slot(c)]; }

 private:
  static size_t Slot(char c) { return static_cast<unsigned char>(c) % 128; }
  std::array<std::vector<const TokenShape*>, 128> by_last_;
};

const ShapeIndex& Shapes() {
  static const ShapeIndex* const index = new ShapeIndex();  // Never destroyed: detectors may outlive statics.
  return *index;
}

size_t RunSize(std::string_view text, size_t start, Alphabet alphabet, size_t most) {
  size_t size = 0;
  while (size < most && start + size < text.size() && Holds(alphabet, text[start + size])) ++size;
  return size;
}

bool IsAfterWord(std::string_view text, size_t prefix) { return Holds(Alphabet::kWord, Before(text, prefix)); }

// Where the token starts whose prefix starts at `prefix`, or npos: the lead is too short, too long, or joined to what
// is before. That no token starts inside the run of another keeps the work linear.
size_t TokenStart(std::string_view text, size_t prefix, const TokenShape& shape) {
  if (shape.lead_max == 0) {
    const char before = Before(text, prefix);
    const bool joined = Holds(shape.alphabet, before) && before != '=' && before != '/';
    return IsAfterWord(text, prefix) || joined ? text.npos : prefix;
  }
  size_t lead = 0;
  while (lead <= shape.lead_max && lead < prefix && Holds(shape.lead_alphabet, text[prefix - lead - 1])) ++lead;
  return lead < shape.lead_min || lead > shape.lead_max ? text.npos : prefix - lead;
}

bool IsRightStructure(const TokenShape& shape, std::string_view tail) {
  switch (shape.structure) {
    case Structure::kPlain:
      return true;
    case Structure::kMixed:
      return ClassesOf(tail).upper > 0;
    case Structure::kRandom:
      return LooksRandom(tail);
    case Structure::kSendGrid:
      return tail[22] == '.';
    case Structure::kGitHub:
      return true;
    case Structure::kTokenFoundry:
      return tail[8] == '_' && tail[52] == '_';
  }
  return false;
}

// Whether the token ends with a check of its own that is wrong.
bool FailsItsCheck(const TokenShape& shape, std::string_view token) {
  if (shape.structure != Structure::kGitHub && shape.structure != Structure::kTokenFoundry) return false;
  const bool own = shape.structure == Structure::kTokenFoundry;
  const std::string_view checked = own ? token : token.substr(shape.prefix.size());
  const size_t body = checked.size() - kCrcSize;
  return !HasBase62Crc(checked.substr(0, own ? body - 1 : body), checked.substr(body));
}

enum class Surety { kNone, kLoose, kUnchecked, kProved };

struct Token {
  size_t end = 0;
  Surety surety = Surety::kNone;
};

Token ReadToken(std::string_view text, size_t start, size_t tail_start, const TokenShape& shape, uint64_t* steps) {
  size_t size = RunSize(text, tail_start, shape.alphabet, shape.max + 2);
  *steps += size;
  while (size > 0 && text[tail_start + size - 1] == '.') --size;
  std::string_view tail = text.substr(tail_start, size);
  if (!IsAlnum(At(text, tail_start + size)) && size >= shape.min && size <= shape.max) {
    const size_t distinct = shape.alphabet == Alphabet::kHex ? kMinDistinctHex : kMinDistinct;
    if (ClassesOf(tail).distinct < distinct || !IsRightStructure(shape, tail)) return {};
    const size_t end = tail_start + size;
    return {end, FailsItsCheck(shape, text.substr(start, end - start)) ? Surety::kUnchecked : Surety::kProved};
  }
  if (!shape.loose || Before(text, start) == '-') return {};
  size = RunSize(text, tail_start, Alphabet::kBase64Url, kMaxLooseBytes);
  *steps += size;
  tail = text.substr(tail_start, size);
  if (size < kMinLooseBytes || !LooksRandom(tail) || IsPlaceholder(tail)) return {};
  return {tail_start + size, Surety::kLoose};
}

void FindTokens(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  size_t last_end = 0;
  for (const uint32_t anchor_end : anchor_ends) {
    if (anchor_end <= last_end) continue;
    for (const TokenShape* shape : Shapes().EndingIn(text[anchor_end - 1])) {
      ++sink->steps;
      if (!text.substr(0, anchor_end).ends_with(shape->prefix)) continue;
      const size_t prefix = anchor_end - shape->prefix.size();
      const size_t start = TokenStart(text, prefix, *shape);
      if (start == text.npos) continue;
      const Token token = ReadToken(text, start, anchor_end, *shape, &sink->steps);
      if (token.surety == Surety::kNone) continue;
      last_end = token.end;
      const Extent cue{static_cast<uint32_t>(prefix), anchor_end};
      if (token.surety == Surety::kProved) {
        sink->AddValidated(Entity::kSecret, start, token.end);
      } else if (token.surety == Surety::kUnchecked) {
        sink->Add(Entity::kSecret, start, token.end, Evidence::kValidated, kUncheckedScore);
      } else {
        sink->Add(Entity::kSecret, start, token.end, Evidence::kContext, kLooseScore, cue);
      }
      break;
    }
  }
}

std::string Anchor() {
  std::string prefixes;
  for (const TokenShape& shape : TokenShapes()) {
    if (!prefixes.empty()) prefixes += '|';
    for (const char c : shape.prefix) {
      if (!IsAlnum(c) && c != '_') prefixes += '\\';
      prefixes += c;
    }
  }
  return "(?:" + prefixes + ")";
}

}  // namespace

const Recognizer kSecretTokenRecognizer = {Anchor, false, FindTokens, &kSecretJwtRecognizer};

}  // namespace tokenfoundry::pii
