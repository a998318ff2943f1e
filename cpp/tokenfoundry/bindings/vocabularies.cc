#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tokenfoundry/base/endian.h"
#include "tokenfoundry/base/hash.h"
#include "tokenfoundry/bindings/bindings.h"
#include "tokenfoundry/bindings/convert.h"
#include "tokenfoundry/tokens/build.h"

namespace tokenfoundry::bindings {
namespace {

using tokens::Pretokenizer;
using tokens::VocabularySource;
using Special = std::tuple<uint32_t, std::string, std::vector<std::string>>;  // Id, text, traits by name.

template <typename Value>
Value Named(const std::map<std::string, Value>& values, const std::string& name) {
  const auto found = values.find(name);
  if (found == values.end()) Raise(absl::InvalidArgumentError(absl::StrCat("nothing is called ", name)));
  return found->second;
}

const std::map<std::string, Pretokenizer>& Pretokenizers() {
  static const auto* const named = new std::map<std::string, Pretokenizer>{
      {"cl100k", Pretokenizer::kCl100k}, {"o200k", Pretokenizer::kO200k},          {"gpt2", Pretokenizer::kGpt2},
      {"qwen", Pretokenizer::kQwen},     {"llama3", Pretokenizer::kLlama3},        {"tekken", Pretokenizer::kTekken},
      {"spaces", Pretokenizer::kSpaces}, {"each_space", Pretokenizer::kEachSpace}, {"whole", Pretokenizer::kWhole},
  };
  return *named;
}

const std::map<std::string, uint32_t>& TextRules() {
  static const auto* const named = new std::map<std::string, uint32_t>{
      {"nfc", tokens::kNfc},
      {"underscores_are_spaces", tokens::kUnderscoresAreSpaces},
      {"space_before", tokens::kSpaceBefore},
      {"unless_there", tokens::kUnlessThere},
      {"only_first", tokens::kOnlyFirst},
      {"drops_first_space", tokens::kDropsFirstSpace},
      {"from_characters", tokens::kFromCharacters},
  };
  return *named;
}

const std::map<std::string, uint32_t>& SpecialTraits() {
  static const auto* const named = new std::map<std::string, uint32_t>{
      {"may_be_ordinary", tokens::kMayBeOrdinary},
      {"never", tokens::kNever},
      {"takes_space_before", tokens::kTakesSpaceBefore},
      {"takes_space_behind", tokens::kTakesSpaceBehind},
  };
  return *named;
}

VocabularySource SourceOf(const std::string& name, const std::string& pretokenizer,
                          const std::vector<std::string>& text_rules, std::vector<Special> special) {
  VocabularySource source;
  source.name = name;
  source.pretokenizer = Named(Pretokenizers(), pretokenizer);
  for (const std::string& rule : text_rules) source.text_rules |= Named(TextRules(), rule);
  std::sort(special.begin(), special.end());
  for (auto& [id, text, traits] : special) {
    uint32_t bits = 0;
    for (const std::string& trait : traits) bits |= Named(SpecialTraits(), trait);
    source.special_tokens.push_back({id, std::move(text), bits});
  }
  return source;
}

py::bytes TableOfRanks(const py::bytes& file, const std::string& name, const std::string& pretokenizer,
                       const std::vector<std::string>& text_rules, std::vector<Special> special, bool is_known_whole) {
  VocabularySource source = SourceOf(name, pretokenizer, text_rules, std::move(special));
  const std::string_view bytes = View(file);
  auto table = [&]() -> absl::StatusOr<std::string> {
    const py::gil_scoped_release no_gil;
    source.sha256 = Sha256Of(bytes);
    TF_RETURN_IF_ERROR(tokens::ReadRanks(bytes, is_known_whole, &source));
    return tokens::BuildTable(source);
  }();
  return py::bytes(Unwrap(std::move(table)));
}

// The merges are triples of little-endian u32: the ids of left, right and what they become.
py::bytes TableOfMerges(const std::string& name, const std::string& pretokenizer,
                        const std::vector<std::string>& text_rules, std::vector<Special> special,
                        const std::vector<std::pair<uint32_t, py::bytes>>& token_list, const py::bytes& merges,
                        const std::array<int64_t, 256>& byte_ids, bool takes_whole_pieces) {
  VocabularySource source = SourceOf(name, pretokenizer, text_rules, std::move(special));
  tokens::MergeList list;
  list.takes_whole_pieces = takes_whole_pieces;
  list.tokens.reserve(token_list.size());
  for (const auto& [id, text] : token_list) list.tokens.push_back({id, std::string(View(text))});
  for (size_t byte = 0; byte < 256; ++byte) list.bytes[byte] = static_cast<uint32_t>(byte_ids[byte]);  // -1: all ones.
  const std::string_view triples = View(merges);
  for (size_t at = 0; at + 12 <= triples.size(); at += 12) {
    list.merges.push_back({LoadLittle<uint32_t>(triples.data() + at), LoadLittle<uint32_t>(triples.data() + at + 4),
                           LoadLittle<uint32_t>(triples.data() + at + 8)});
  }
  auto table = [&]() -> absl::StatusOr<std::string> {
    const py::gil_scoped_release no_gil;
    TF_RETURN_IF_ERROR(tokens::ReadMerges(list, &source));
    return tokens::BuildTable(source);
  }();
  return py::bytes(Unwrap(std::move(table)));
}

}  // namespace

void AddVocabularies(py::module_& module) {
  module.def("table_of_ranks", &TableOfRanks, py::arg("file"), py::arg("name"), py::arg("pretokenizer"),
             py::arg("text_rules"), py::arg("special"), py::arg("is_known_whole"));
  module.def("table_of_merges", &TableOfMerges, py::arg("name"), py::arg("pretokenizer"), py::arg("text_rules"),
             py::arg("special"), py::arg("tokens"), py::arg("merges"), py::arg("byte_ids"),
             py::arg("takes_whole_pieces"));
}

}  // namespace tokenfoundry::bindings
