#include "tokenfoundry/pii/tools/evaluate.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace tokenfoundry::pii {
namespace {

template <typename A, typename B>
bool Overlap(const A& a, const B& b) {
  return a.start < b.end && b.start < a.end;
}

template <typename A, typename B>
bool Same(const A& a, const B& b) {
  return a.start == b.start && a.end == b.end;
}

}  // namespace

void Tally::Add(const Tally& other) {
  gold += other.gold;
  found += other.found;
  gold_overlapped += other.gold_overlapped;
  found_overlapping += other.found_overlapping;
  exact += other.exact;
}

double Tally::overlap_f1() const {
  const double sum = overlap_precision() + overlap_recall();
  return sum == 0 ? 0 : 2 * overlap_precision() * overlap_recall() / sum;
}

Tally Evaluate(const NameTagger& tagger, const std::vector<LabelledLine>& lines, float margin) {
  Tally tally;
  NameTagger::Scratch scratch;
  std::vector<NameSpan> found;
  for (const LabelledLine& line : lines) {
    found.clear();
    tagger.Tag(line.text, margin, &scratch, &found);
    tally.gold += static_cast<int>(line.names.size());
    tally.found += static_cast<int>(found.size());
    for (const LabelledSpan& name : line.names) {
      tally.gold_overlapped +=
          std::any_of(found.begin(), found.end(), [&](const NameSpan& span) { return Overlap(span, name); });
      tally.exact += std::any_of(found.begin(), found.end(), [&](const NameSpan& span) { return Same(span, name); });
    }
    for (const NameSpan& span : found) {
      tally.found_overlapping += std::any_of(line.names.begin(), line.names.end(),
                                             [&](const LabelledSpan& name) { return Overlap(span, name); });
    }
  }
  return tally;
}

void PrintErrors(const NameTagger& tagger, const Corpus& corpus, float margin) {
  NameTagger::Scratch scratch;
  std::vector<NameSpan> found;
  for (const LabelledLine& line : corpus.development) {
    found.clear();
    tagger.Tag(line.text, margin, &scratch, &found);
    const auto print = [&](const char* what, uint32_t start, uint32_t end) {
      std::printf("%s\t%s\t%.*s\t%s\n", corpus.name.c_str(), what, static_cast<int>(end - start),
                  line.text.data() + start, line.text.c_str());
    };
    for (const LabelledSpan& name : line.names) {
      if (std::none_of(found.begin(), found.end(), [&](const NameSpan& span) { return Overlap(span, name); })) {
        print("MISSED", name.start, name.end);
      }
    }
    for (const NameSpan& span : found) {
      const auto overlapped = std::find_if(line.names.begin(), line.names.end(),
                                           [&](const LabelledSpan& name) { return Overlap(span, name); });
      if (overlapped == line.names.end()) {
        print("FALSE", span.start, span.end);
      } else if (!Same(span, *overlapped)) {
        print("BORDER", span.start, span.end);
      }
    }
  }
}

Speed Measure(const NameTagger& tagger, const std::string& text, float margin) {
  constexpr int kRounds = 5;
  NameTagger::Scratch scratch;
  std::vector<NameSpan> found;
  double best_us = 1e30;
  for (int round = 0; round < kRounds; ++round) {
    found.clear();
    const auto start = std::chrono::steady_clock::now();
    tagger.Tag(text, margin, &scratch, &found);
    best_us =
        std::min(best_us, std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
  }
  const double size_bytes = static_cast<double>(std::max<size_t>(text.size(), 1));
  return {best_us * 1024 / size_bytes, static_cast<double>(found.size()) * 1e6 / size_bytes};
}

}  // namespace tokenfoundry::pii
