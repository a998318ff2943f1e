// A token comes about from one pair only, whatever merges are listed: what happens inside its bytes before it exists is
// what happens when they are merged alone (FORMAT.md). So each token is merged alone, and the last merge of that is its
// own. Tokens are then numbered by the ranks of these merges.
#include <algorithm>
#include <unordered_set>

#include "absl/strings/str_cat.h"
#include "tokenfoundry/tokens/build.h"
#include "tokenfoundry/tokens/merge_many_internal.h"
#include "tokenfoundry/tokens/unicode_internal.h"

namespace tokenfoundry::tokens {
namespace {

// Steps of merging: the symbols that it starts from, then the merges by rank. A token has one of them, or kNoToken.
class Steps {
 public:
  Steps(const MergeList& list, bool from_characters) : list_(list), from_characters_(from_characters) {}

  absl::Status Prepare() {
    for (uint32_t index = 0; index < list_.tokens.size(); ++index) {
      if (!index_of_id_.emplace(list_.tokens[index].id, index).second) {
        return absl::InvalidArgumentError(absl::StrCat("two tokens have the id ", list_.tokens[index].id));
      }
    }
    TF_RETURN_IF_ERROR(AddSymbols());
    return AddMerges();
  }

  // The steps that are left when the token is merged alone.
  std::vector<uint32_t> Alone(uint32_t index) {
    std::vector<uint32_t> steps = StartOf(list_.tokens[index].text), merged(steps.size(), kNoToken);
    const auto lookup = [this](uint32_t left, uint32_t right) { return StepOf(left, right); };
    for (size_t i = 0; i + 1 < steps.size(); ++i) merged[i] = lookup(steps[i], steps[i + 1]);
    steps.resize(merger_.Merge(steps, merged, lookup));
    return steps;
  }

  const std::vector<uint32_t>& symbols() const { return symbols_; }  // Their tokens; all ones of an unused byte.
  const MergeList::Merge& MergeOf(uint32_t step) const { return list_.merges[step - symbols_.size()]; }
  uint32_t IndexOf(uint32_t id) const { return index_of_id_.at(id); }

 private:
  absl::Status AddSymbols() {
    for (int byte = 0; byte < 256; ++byte) {
      const uint32_t id = list_.bytes[static_cast<size_t>(byte)];
      const bool may_lack = byte == 0xC0 || byte == 0xC1 || byte >= 0xF5;
      const auto found = index_of_id_.find(id);
      if (id == kNoToken && may_lack) {
        symbols_.push_back(kNoToken);
      } else if (found == index_of_id_.end() ||
                 list_.tokens[found->second].text != std::string(1, static_cast<char>(byte))) {
        return absl::InvalidArgumentError(absl::StrCat("the byte ", byte, " has no token, so text would be lost"));
      } else {
        symbols_.push_back(found->second);
      }
    }
    for (uint32_t index = 0; from_characters_ && index < list_.tokens.size(); ++index) {
      const std::string& text = list_.tokens[index].text;
      if (text.size() < 2 || CharacterAt(text.data(), text.data() + text.size()).size_bytes != text.size()) continue;
      characters_.emplace(text, static_cast<uint32_t>(symbols_.size()));
      symbols_.push_back(index);
    }
    return absl::OkStatus();
  }

  absl::Status AddMerges() {
    index_of_step_ = symbols_;
    for (const MergeList::Merge& merge : list_.merges) {
      const auto left = index_of_id_.find(merge.left), right = index_of_id_.find(merge.right),
                 merged = index_of_id_.find(merge.merged);
      const auto end = index_of_id_.end();
      const size_t number = index_of_step_.size() - symbols_.size();
      if (left == end || right == end || merged == end ||
          list_.tokens[left->second].text + list_.tokens[right->second].text != list_.tokens[merged->second].text) {
        return absl::InvalidArgumentError(absl::StrCat("merge ", number, " does not join two tokens into a third"));
      }
      if (list_.tokens[merged->second].text.size() > UINT16_MAX) {
        return absl::InvalidArgumentError(absl::StrCat("merge ", number, " makes a token of more than 65535 bytes"));
      }
      const auto step = static_cast<uint32_t>(index_of_step_.size());
      if (!steps_.emplace(PairOf(left->second, right->second), step).second) {
        return absl::InvalidArgumentError(absl::StrCat("merge ", number, " is there twice"));
      }
      index_of_step_.push_back(merged->second);
    }
    return absl::OkStatus();
  }

  static uint64_t PairOf(uint64_t left, uint64_t right) { return left << 32 | right; }
  uint32_t StepOf(uint32_t left, uint32_t right) const {
    const auto found = steps_.find(PairOf(index_of_step_[left], index_of_step_[right]));
    return found == steps_.end() ? kNoToken : found->second;
  }

  std::vector<uint32_t> StartOf(std::string_view text) const {
    std::vector<uint32_t> steps;
    const char* const end = text.data() + text.size();
    for (const char* at = text.data(); at < end;) {
      const Character character = CharacterAt(at, end);
      const auto found = from_characters_ ? characters_.find({at, character.size_bytes}) : characters_.end();
      const bool is_symbol = found != characters_.end();
      steps.push_back(is_symbol ? found->second : static_cast<uint8_t>(*at));
      at += is_symbol ? character.size_bytes : 1;
    }
    return steps;
  }

  const MergeList& list_;
  const bool from_characters_;
  std::unordered_map<uint32_t, uint32_t> index_of_id_;
  std::vector<uint32_t> symbols_;
  std::unordered_map<std::string, uint32_t> characters_;  // To the step.
  std::vector<uint32_t> index_of_step_;
  std::unordered_map<uint64_t, uint32_t> steps_;  // PairOf(left, right) to the step.
  ManyMerger merger_;
};

bool HasSpaceInside(std::string_view token) {
  const size_t word = token.find_first_not_of(' ');
  return word != std::string_view::npos && token.find(' ', word) != std::string_view::npos;
}

}  // namespace

absl::Status ReadMerges(const MergeList& list, VocabularySource* source) {
  Steps steps(list, (source->text_rules & kFromCharacters) != 0);
  TF_RETURN_IF_ERROR(steps.Prepare());
  const auto symbol_count = static_cast<uint32_t>(steps.symbols().size());

  std::vector<std::pair<uint32_t, uint32_t>> reached;  // By step: the token's index.
  std::vector<uint32_t> unreached;
  for (uint32_t index = 0; index < list.tokens.size(); ++index) {
    if (list.tokens[index].text.empty()) return absl::InvalidArgumentError("a token is empty");
    if (list.tokens[index].text.size() > UINT16_MAX) {  // No merge makes it.
      unreached.push_back(index);
      continue;
    }
    const std::vector<uint32_t> alone = steps.Alone(index);
    if (alone.size() > 1) {
      unreached.push_back(index);
    } else if (alone[0] >= symbol_count) {
      reached.emplace_back(alone[0], index);
    }
  }
  std::sort(reached.begin(), reached.end());

  std::vector<uint32_t> token_of_index(list.tokens.size(), kNoToken);
  const auto add = [&](uint32_t index) {
    token_of_index[index] = static_cast<uint32_t>(source->tokens.size());
    source->tokens.push_back(list.tokens[index].text);
    source->ids.push_back(list.tokens[index].id);
  };
  for (uint32_t symbol = 0; symbol < symbol_count; ++symbol) {
    if (steps.symbols()[symbol] != kNoToken) {
      add(steps.symbols()[symbol]);
    } else {
      source->tokens.emplace_back(1, static_cast<char>(symbol));
      source->ids.push_back(kNoToken);
    }
  }
  for (const auto& [step, index] : reached) add(index);
  source->pairs.emplace();
  bool has_space_inside = false;
  for (const auto& [step, index] : reached) {
    const MergeList::Merge& merge = steps.MergeOf(step);
    const uint32_t left = token_of_index[steps.IndexOf(merge.left)], right = token_of_index[steps.IndexOf(merge.right)];
    source->pairs->emplace(PairKey(left, right), token_of_index[index]);
    has_space_inside |= HasSpaceInside(list.tokens[index].text);
  }
  std::unordered_set<uint32_t> named;
  for (const SpecialToken& token : source->special_tokens) named.insert(token.id);
  for (const uint32_t index : unreached) {
    if (list.takes_whole_pieces) {
      add(index);
    } else if (!named.contains(list.tokens[index].id)) {
      source->special_tokens.push_back({list.tokens[index].id, list.tokens[index].text, kNever});
    }
  }
  std::sort(source->special_tokens.begin(), source->special_tokens.end(),
            [](const SpecialToken& a, const SpecialToken& b) { return a.id < b.id; });
  // Where no token goes on behind a space, cutting there changes nothing, and words are found whole.
  const bool may_cut = source->pretokenizer == Pretokenizer::kWhole && !has_space_inside && !list.takes_whole_pieces;
  if (may_cut) source->pretokenizer = Pretokenizer::kSpaces;
  return absl::OkStatus();
}

}  // namespace tokenfoundry::tokens
