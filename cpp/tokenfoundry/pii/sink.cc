#include <algorithm>

#include "tokenfoundry/pii/catalogue_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"

namespace tokenfoundry::pii {

std::string DigitRunAnchor() { return "(?:^|[^0-9])[0-9]"; }

void SeekDigitRuns(std::string_view text, const ByteMaps& maps, std::vector<uint32_t>* ends) {
  maps.ForEach(&ByteBlock::digit_runs, [&](size_t digit) { ends->push_back(static_cast<uint32_t>(digit + 1)); });
}

void Sink::Add(Entity entity, size_t start, size_t end, Evidence proof, double score, Extent cue) {
  const int16_t index = active_[static_cast<size_t>(entity)];
  if (index == kOff || score <= 0) return;
  candidates_.push_back({static_cast<uint32_t>(start), static_cast<uint32_t>(end), static_cast<uint32_t>(index), proof,
                         static_cast<float>(score), cue});
}

void Sink::AddValidated(Entity entity, size_t start, size_t end) {
  Add(entity, start, end, Evidence::kValidated, SpecOf(entity).scores.validated);
}

void Sink::AddChecked(Entity entity, size_t start, size_t end, double alone) {
  AddWithCue(entity, start, end, Evidence::kValidated, SpecOf(entity).scores.validated, alone);
}

void Sink::AddForm(Entity entity, size_t start, size_t end, double alone) {
  AddWithCue(entity, start, end, Evidence::kContext, SpecOf(entity).scores.in_context, alone);
}

void Sink::AddWithCue(Entity entity, size_t start, size_t end, Evidence with_cue, double score_with_cue, double alone) {
  if (!Wants(entity)) return;
  const EntitySpec& spec = SpecOf(entity);
  if (const std::optional<Extent> cue = cues_.Beside(start, end, spec.cue)) {
    Add(entity, start, end, with_cue, score_with_cue, *cue);
  } else {
    Add(entity, start, end, Evidence::kPattern, std::max(spec.scores.alone, alone));
  }
}

}  // namespace tokenfoundry::pii
