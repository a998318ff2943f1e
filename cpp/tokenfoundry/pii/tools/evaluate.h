// How well a tagger finds the names of labelled lines, and what it costs.
#pragma once

#include <string>
#include <vector>

#include "tokenfoundry/pii/names_internal.h"
#include "tokenfoundry/pii/tools/training_lines.h"

namespace tokenfoundry::pii {

struct Tally {
  int gold = 0;
  int found = 0;
  int gold_overlapped = 0;    // Gold names that some found name overlaps.
  int found_overlapping = 0;  // Found names that some gold name overlaps.
  int exact = 0;

  void Add(const Tally& other);
  double overlap_precision() const { return found == 0 ? 0 : 1.0 * found_overlapping / found; }
  double overlap_recall() const { return gold == 0 ? 0 : 1.0 * gold_overlapped / gold; }
  double overlap_f1() const;
  double exact_f1() const { return gold + found == 0 ? 0 : 2.0 * exact / (gold + found); }
};

Tally Evaluate(const NameTagger& tagger, const std::vector<LabelledLine>& lines, float margin);

// Prints a line for each line of text that is tagged wrong: what was missed, what was found in vain, the text.
void PrintErrors(const NameTagger& tagger, const Corpus& corpus, float margin);

struct Speed {
  double us_per_kb;
  double names_per_mb;
};
Speed Measure(const NameTagger& tagger, const std::string& text, float margin);

}  // namespace tokenfoundry::pii
