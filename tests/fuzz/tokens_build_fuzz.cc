// Any bytes as a vocabulary and a text: a list of merges is refused or merges as it says, ranks are refused or read,
// and a text that is composed is composed for good. Run by scripts/fuzz.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tokenfoundry/tokens/build.h"
#include "tokenfoundry/tokens/nfc_internal.h"
#include "tokenfoundry/tokens/tokens.h"

namespace {

using namespace tokenfoundry::tokens;

constexpr uint32_t kFirstId = 100;

void Require(bool holds) {
  if (!holds) std::abort();
}

// The bytes, five characters, and what the fuzzer merges: two bytes choose two of the tokens that are there.
MergeList ListOf(std::string_view choices, bool takes_whole_pieces) {
  MergeList list;
  list.takes_whole_pieces = takes_whole_pieces;
  std::map<std::string, uint32_t> ids;
  const auto add = [&](const std::string& text) {
    const auto [found, is_new] = ids.emplace(text, static_cast<uint32_t>(kFirstId + 3 * ids.size()));
    if (is_new) list.tokens.push_back({found->second, text});
    return found->second;
  };
  for (uint32_t byte = 0; byte < 256; ++byte) list.bytes[byte] = add(std::string(1, static_cast<char>(byte)));
  for (const char* const text : {"\xC3\xA9", "\xE4\xB8\xAD", "\xE6\x96\x87", "\xF0\x9F\x98\x80", "\xE2\x96\x81"})
    add(text);
  std::vector<std::string> few = {"a", "b", " ", "e", "\xC3\xA9", "\xE4\xB8\xAD", "\n", "\xE4", "\xB8"};
  for (size_t i = 0; i + 1 < choices.size(); i += 2) {
    const std::string& left = few[static_cast<uint8_t>(choices[i]) % few.size()];
    const std::string& right = few[static_cast<uint8_t>(choices[i + 1]) % few.size()];
    const std::string text = left + right;
    if (text.size() > 24) continue;
    const MergeList::Merge merge = {ids.at(left), ids.at(right), add(text)};
    list.merges.push_back(merge);
    few.push_back(text);
  }
  return list;
}

std::vector<uint32_t> StartOf(const MergeList& list, std::string_view piece, bool from_characters) {
  std::vector<uint32_t> ids;
  for (size_t at = 0; at < piece.size();) {
    size_t size = 1;
    uint32_t id = list.bytes[static_cast<uint8_t>(piece[at])];
    for (size_t i = 256; from_characters && i < 261; ++i) {
      if (piece.substr(at).starts_with(list.tokens[i].text)) id = list.tokens[i].id, size = list.tokens[i].text.size();
    }
    ids.push_back(id);
    at += size;
  }
  return ids;
}

// The definition: of the listed pairs that stand side by side the one listed first, the leftmost of equals.
std::vector<uint32_t> Merged(const MergeList& list, std::string_view piece, bool from_characters) {
  std::map<std::pair<uint32_t, uint32_t>, std::pair<size_t, uint32_t>> ranks;
  for (size_t rank = 0; rank < list.merges.size(); ++rank) {
    const MergeList::Merge& merge = list.merges[rank];
    ranks[{merge.left, merge.right}] = {rank, merge.merged};
  }
  std::vector<uint32_t> ids = StartOf(list, piece, from_characters);
  while (true) {
    size_t lowest = SIZE_MAX, at = 0;
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      const auto found = ranks.find({ids[i], ids[i + 1]});
      if (found != ranks.end() && found->second.first < lowest) lowest = found->second.first, at = i;
    }
    if (lowest == SIZE_MAX) return ids;
    ids[at] = list.merges[lowest].merged;
    ids.erase(ids.begin() + static_cast<ptrdiff_t>(at) + 1);
  }
}

void CheckMerges(std::string_view choices, std::string_view text, bool from_characters, bool takes_whole_pieces) {
  const MergeList list = ListOf(choices, takes_whole_pieces);
  VocabularySource source;
  source.name = "fuzz";
  source.pretokenizer = Pretokenizer::kWhole;
  source.text_rules = from_characters ? kFromCharacters : 0;
  if (!ReadMerges(list, &source).ok()) return;  // A merge that is there twice.
  const auto tokenizer = *Tokenizer::FromTable(*BuildTable(source));
  std::vector<uint32_t> expected = Merged(list, text, from_characters);
  for (const MergeList::Token& token : list.tokens) {
    if (takes_whole_pieces && token.text == text) expected = {token.id};
  }
  const Ids ids = tokenizer->Encode(text);
  Require(std::equal(ids.begin(), ids.end(), expected.begin(), expected.end()));
  Require(tokenizer->Count(text) == ids.size());
  Require(*tokenizer->Decode(ids) == text);
}

void CheckRanks(std::string_view file) {
  for (const bool is_known_whole : {false, true}) {
    VocabularySource source;
    source.name = "fuzz";
    source.special_tokens = {{1, "<|begin|>", 0}, {260, "<|end|>", 0}};
    if (!ReadRanks(file, is_known_whole, &source).ok()) continue;
    if (const auto table = BuildTable(source); table.ok()) Require(Tokenizer::FromTable(*table).ok());
  }
}

void CheckComposed(std::string_view text) {
  std::string storage, again;
  const std::string_view composed = Composed(text, &storage);
  Require(Composed(composed, &again) == composed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (size < 2) return 0;
  const size_t choices = std::min<size_t>(static_cast<uint8_t>(bytes[0]), size - 2);
  const std::string_view text = bytes.substr(2 + choices);
  CheckMerges(bytes.substr(2, choices), text, (bytes[1] & 1) != 0, (bytes[1] & 2) != 0);
  CheckRanks(bytes);
  CheckComposed(text);
  return 0;
}
