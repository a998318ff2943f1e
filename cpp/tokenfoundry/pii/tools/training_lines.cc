#include "tokenfoundry/pii/tools/training_lines.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "tokenfoundry/pii/names_characters_internal.h"
#include "tokenfoundry/text/text.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kBlockLines = 50;
constexpr size_t kSharedScenes = 300;  // Lines at the beginning of each written_* file.

bool IsCharacterBorder(std::string_view text, size_t at) {
  return at == text.size() || (static_cast<uint8_t>(text[at]) & 0xC0) != 0x80;
}

// "12,19;30,37" into spans. False if it is not that, or the spans are not ascending inside the text.
bool ParseSpans(std::string_view field, std::string_view text, std::vector<LabelledSpan>* names) {
  uint32_t reached = 0;
  while (!field.empty()) {
    const std::string_view part = field.substr(0, field.find(';'));
    field.remove_prefix(std::min(part.size() + 1, field.size()));
    LabelledSpan span = {};
    const auto first = std::from_chars(part.data(), part.data() + part.size(), span.start);
    if (first.ec != std::errc() || first.ptr == part.data() + part.size() || *first.ptr != ',') return false;
    const auto second = std::from_chars(first.ptr + 1, part.data() + part.size(), span.end);
    if (second.ec != std::errc() || second.ptr != part.data() + part.size()) return false;
    if (span.start < reached || span.end <= span.start || span.end > text.size()) return false;
    if (!IsCharacterBorder(text, span.start) || !IsCharacterBorder(text, span.end)) return false;
    reached = span.end;
    names->push_back(span);
  }
  return true;
}

absl::StatusOr<LabelledLine> ParseLine(std::string_view line) {
  const size_t tab = line.rfind('\t');
  LabelledLine parsed;
  if (tab == std::string_view::npos) return absl::InvalidArgumentError("no tab");
  parsed.text = line.substr(0, tab);
  if (!text::IsValidUtf8(parsed.text)) return absl::InvalidArgumentError("no UTF-8");
  if (!ParseSpans(line.substr(tab + 1), parsed.text, &parsed.names)) return absl::InvalidArgumentError("wrong offsets");
  return parsed;
}

}  // namespace

absl::StatusOr<std::string> ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  return std::string{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    lines.push_back(line.substr(0, line.find('\r')));
  }
  return lines;
}

absl::StatusOr<std::vector<Corpus>> ReadCorpora(const std::string& folder, bool keep_development, size_t fold) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == ".tsv" && name != "gazetteer.tsv" && name != "lexicon.tsv" &&
        name != "templates.tsv") {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Corpus> corpora;
  for (const std::filesystem::path& path : paths) {
    TF_ASSIGN_OR_RETURN(const std::string content, ReadWholeFile(path.string()));
    Corpus corpus;
    corpus.name = path.stem().string();
    const bool shared = corpus.name.starts_with("written_") && corpus.name.size() == 10;
    size_t number = 0;
    for (const std::string_view raw : LinesOf(content)) {
      const size_t index = number++;
      if (raw.empty()) continue;
      absl::StatusOr<LabelledLine> line = ParseLine(raw);
      if (!line.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat(path.string(), ":", number, ": ", AbslView(StdView(line.status().message()))));
      }
      const bool held_out = index / kBlockLines % kFolds == fold;
      const bool development = keep_development && held_out && !(shared && index < kSharedScenes);
      (development ? corpus.development : corpus.training).push_back(*std::move(line));
    }
    corpora.push_back(std::move(corpus));
  }
  return corpora;
}

void CleanOldPrint(Corpus* corpus) {
  for (std::vector<LabelledLine>* lines : {&corpus->training, &corpus->development}) {
    std::erase_if(*lines, [](LabelledLine& line) {
      for (LabelledSpan& name : line.names) {
        while (name.end > name.start + 1 &&
               AsciiLetter(static_cast<uint8_t>(line.text[name.end - 1])) == Letter::kNone &&
               static_cast<uint8_t>(line.text[name.end - 1]) < 0x80) {
          --name.end;
        }
        const std::string_view spelled = std::string_view(line.text).substr(name.start, name.end - name.start);
        if (spelled.find_first_of("<>/;:!?*^&()«»\"") != std::string_view::npos || spelled.size() > 60) return true;
      }
      return false;
    });
  }
}

}  // namespace tokenfoundry::pii
