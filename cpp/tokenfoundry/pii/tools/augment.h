// Variants of labelled lines: other names, other case, other order, templates filled in.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenfoundry/base/status.h"
#include "tokenfoundry/pii/tools/random.h"
#include "tokenfoundry/pii/tools/training_lines.h"

namespace tokenfoundry::pii {

// Names to put in other names' places.
struct NamePool {
  std::vector<std::string> given;     // "Anna"
  std::vector<std::string> surnames;  // "Rossi"
  std::vector<std::string> full;      // "Anna Maria de Rossi", as somebody wrote them.
};

// The names of the training lines, each once, and those of the gazetteer (`word TAB class` lines) with a capital.
NamePool PoolOf(const std::vector<Corpus>& corpora, std::string_view gazetteer);

std::string LowerCase(std::string_view text);
std::string UpperCase(std::string_view text);

// The line with some of its names exchanged for others, in the same form.
LabelledLine WithOtherNames(const LabelledLine& line, const NamePool& pool, Random* random);

// The line as careless people and forms write: all small, all capitals, names or surnames in capitals, surname first,
// without accents. Often the line itself.
LabelledLine WithOtherCase(const LabelledLine& line, Random* random);

// `templates.tsv`: `repeats TAB text`, where {P} is a person, {F} a given name, {S} a surname, {I} an initial, {L}
// surname, comma, given name, {f} and {s} the same in lower case, and any other {NAME} an entry of the filler `NAME TAB
// a|b|c` (a line that begins with `#`).
// {!P} and the like are names of no person: a street's, a company's.
class Templates {
 public:
  static absl::StatusOr<Templates> Parse(std::string_view content);
  // Every template filled in as often as it says.
  std::vector<LabelledLine> Fill(const NamePool& pool, Random* random) const;

 private:
  struct Template {
    int repeats;
    std::string text;
  };
  struct Filler {
    std::string name;
    std::vector<std::string> entries;
  };
  const Filler* FindFiller(std::string_view name) const;

  std::vector<Template> templates_;
  std::vector<Filler> fillers_;
};

}  // namespace tokenfoundry::pii
