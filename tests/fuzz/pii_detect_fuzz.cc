// Any bytes, by every recognizer and the name tagger: findings lie inside the text, on characters, apart and in order,
// and a stream finds the same. Run by scripts/fuzz.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "tokenfoundry/pii/detector.h"
#include "tokenfoundry/pii/stream.h"
#include "tokenfoundry/text/text.h"

namespace {

using namespace tokenfoundry;

const pii::Detector& Everything() {
  static const auto* const detector = [] {
    pii::DetectorOptions options{.profile = "strict",
                                 .patterns = {{.name = "BADGE", .regex = "EMP-[0-9]+", .context = {"matricola"}},
                                              {.name = "LOYALTY", .regex = "[0-9]{4,}", .validator = "luhn"}},
                                 .deny = {{"PROJECT", {"Blue Fern", "è.[x]"}}},
                                 .allow = {"mario@example.it"},
                                 .names_model = TF_NAME_MODEL};
    return new auto(*pii::Detector::Create(options));
  }();
  return **detector;
}

void Require(bool holds) {
  if (!holds) std::abort();
}

bool IsBorder(std::string_view text, size_t at) { return at == text.size() || (text[at] & 0xC0) != 0x80; }

void CheckFindings(std::string_view text, const std::vector<pii::Finding>& findings) {
  size_t end = 0;
  for (const pii::Finding& finding : findings) {
    Require(finding.start >= end && finding.start < finding.end && finding.end <= text.size());
    Require(IsBorder(text, finding.start) && IsBorder(text, finding.end));
    Require(finding.cue_start <= finding.cue_end && finding.cue_end <= text.size());
    Require(finding.score > 0 && finding.score <= 1);
    end = finding.end;
  }
}

void CheckStream(std::string_view text, const std::vector<pii::Finding>& whole) {
  pii::DetectorStream stream(&Everything());
  size_t half = text.size() / 2;
  while (!IsBorder(text, half)) ++half;
  std::vector<pii::Finding> pieces;
  for (const std::string_view piece : {text.substr(0, half), text.substr(half)}) {
    const auto found = stream.Feed(piece);
    pieces.insert(pieces.end(), found->findings.begin(), found->findings.end());
  }
  const auto rest = stream.Close();
  pieces.insert(pieces.end(), rest->findings.begin(), rest->findings.end());
  Require(pieces.size() == whole.size());
  for (size_t i = 0; i < whole.size(); ++i) {
    Require(pieces[i].start == whole[i].start && pieces[i].end == whole[i].end && pieces[i].entity == whole[i].entity);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto findings = Everything().Detect(text);
  Require(findings.ok() == text::IsValidUtf8(text));
  if (!findings.ok()) return 0;
  CheckFindings(text, *findings);
  CheckStream(text, *findings);
  Require(Everything().Explain(text).ok());
  return 0;
}
