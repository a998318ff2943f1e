// Labelled lines, and the splits they fall into.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tokenfoundry/base/status.h"

namespace tokenfoundry::pii {

struct LabelledSpan {
  uint32_t start;  // Bytes, [start, end).
  uint32_t end;
};

struct LabelledLine {
  std::string text;
  std::vector<LabelledSpan> names;  // Ascending, disjoint.
};

struct Corpus {
  std::string name;  // The file's, without its ending.
  std::vector<LabelledLine> training;
  std::vector<LabelledLine> development;
};

inline constexpr size_t kFolds = 7;

// Reads every `text TAB start,end;...` file of a folder, sorted by name; the gazetteer, the lexicon and the templates
// are none. With `keep_development`, one block of 50 lines in seven is held out, which of them says `fold`, but none of
// the first 300 lines of written_<language>: several of these tell the same scenes there, and a line held out of one
// would be known from another.
absl::StatusOr<std::vector<Corpus>> ReadCorpora(const std::string& folder, bool keep_development, size_t fold);

// Removes punctuation from the ends of spans and lines whose spans are no names in print (broken by OCR).
void CleanOldPrint(Corpus* corpus);

absl::StatusOr<std::string> ReadWholeFile(const std::string& path);

// The lines of a text, without their breaks.
std::vector<std::string_view> LinesOf(std::string_view text);

}  // namespace tokenfoundry::pii
