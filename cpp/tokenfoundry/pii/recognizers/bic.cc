// The anchor is eight capitals or digits in the shape of a bank's code; a word beside it decides, because many words
// in capitals have the shape.
#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/catalogue_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"
#include "tokenfoundry/pii/validators/registry.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kShortSize = 8;
constexpr size_t kLongSize = 11;  // With a branch.

void FindBics(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  static const Validator is_bic = FindValidator("bic");
  for (const uint32_t anchor_end : anchor_ends) {
    const size_t start = anchor_end - kShortSize;
    size_t end = anchor_end;
    while (end - start <= kLongSize && IsAlnum(At(text, end))) ++end;
    sink->steps += end - start;
    const size_t size = end - start;
    if ((size != kShortSize && size != kLongSize) || !is_bic(text.substr(start, size))) continue;
    if (const std::optional<Extent> cue = sink->cues().BeforeOrAbove(start, Cue::kBic)) {
      sink->Add(Entity::kBic, start, end, Evidence::kValidated, SpecOf(Entity::kBic).scores.validated, *cue);
    } else {
      sink->Add(Entity::kBic, start, end, Evidence::kPattern, SpecOf(Entity::kBic).scores.alone);
    }
  }
}

std::string Anchor() { return "(?:^|[^0-9A-Za-z])[A-Z]{6}[A-Z0-9]{2}"; }

void SeekBics(std::string_view text, const ByteMaps& maps, std::vector<uint32_t>* ends) {
  maps.ForEach(&ByteBlock::two_capitals, [&](size_t start) {
    size_t size = 2;
    while (size < kShortSize && (IsUpper(At(text, start + size)) || (size >= 6 && IsDigit(At(text, start + size))))) {
      ++size;
    }
    if (size == kShortSize) ends->push_back(static_cast<uint32_t>(start + size));
  });
}

}  // namespace

const Recognizer kBicRecognizer = {Anchor, false, FindBics, nullptr, SeekBics};

}  // namespace tokenfoundry::pii
