#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tokenfoundry/tokens/build.h"

namespace tokenfoundry::tokens {
absl::Status ReadRanks(std::string_view file, bool is_known_whole, VocabularySource* source) {
  const auto is_special = [source](uint64_t id) {
    return std::any_of(source->special_tokens.begin(), source->special_tokens.end(),
                       [id](const SpecialToken& token) { return token.id == id; });
  };
  if (!file.ends_with('\n')) return absl::InvalidArgumentError("it does not end with the end of a line: it seems cut");
  size_t line_number = 0;
  uint64_t expected = 0;
  for (size_t begin = 0; begin < file.size();) {
    const size_t end = file.find('\n', begin);
    const std::string_view line = file.substr(begin, end - begin);
    begin = end + 1;
    ++line_number;
    const size_t space = line.find(' ');
    std::string token;
    uint32_t id = 0;
    const bool is_line = space != std::string_view::npos &&
                         absl::Base64Unescape(AbslView(line.substr(0, space)), &token) &&
                         absl::SimpleAtoi(AbslView(line.substr(space + 1)), &id);
    while (is_line && expected < id && is_special(expected)) ++expected;
    if (!is_line || id != expected) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", line_number, " is not a token in base64 and its rank, which counts from 0"));
    }
    source->tokens.push_back(std::move(token));
    source->ids.push_back(id);
    ++expected;
  }
  if (expected == source->tokens.size()) source->ids.clear();
  if (!is_known_whole && !is_special(expected)) {
    return absl::InvalidArgumentError(absl::StrCat("its ranks end at ", expected,
                                                   ", which is the id of none of the special tokens: it may be cut, so "
                                                   "its SHA-256 is needed"));
  }
  return absl::OkStatus();
}

}  // namespace tokenfoundry::tokens
