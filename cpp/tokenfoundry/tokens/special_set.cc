#include <algorithm>
#include <functional>
#include <utility>

#include "tokenfoundry/tokens/special_set_internal.h"
#include "tokenfoundry/tokens/unicode_internal.h"

namespace tokenfoundry::tokens {
namespace {

size_t Byte(std::string_view text, size_t at) { return static_cast<uint8_t>(text[at]); }

bool IsTail(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) == 0x80; }

// Where the white space behind `at` ends.
size_t SpaceEnd(std::string_view text, size_t at) {
  const char* const end = text.data() + text.size();
  while (at < text.size()) {
    const Character character = CharacterAt(text.data() + at, end);
    if ((character.character_class & kWhiteSpace) == 0) break;
    at += character.size_bytes;
  }
  return at;
}

// Where the white space before `at` begins, not before `from`.
size_t SpaceBegin(std::string_view text, size_t from, size_t at) {
  while (at > from) {
    size_t before = at - 1;
    while (before > from && at - before < 3 && IsTail(text[before])) --before;
    const Character character = CharacterAt(text.data() + before, text.data() + at);
    if ((character.character_class & kWhiteSpace) == 0 || character.size_bytes != at - before) break;
    at = before;
  }
  return at;
}

}  // namespace

SpecialFinder::SpecialFinder(std::span<const SpecialToken* const> tokens) {
  for (const SpecialToken* const token : tokens) {
    const std::string_view text = token->text;
    if (!tokens_.emplace(text, token).second) continue;
    sizes_.push_back(text.size());
    for (size_t second = 0; second < 256; ++second) {
      if (text.size() == 1 || static_cast<uint8_t>(text[1]) == second) beginnings_.set(Byte(text, 0) << 8 | second);
    }
  }
  std::sort(sizes_.begin(), sizes_.end(), std::greater<>());
  sizes_.erase(std::unique(sizes_.begin(), sizes_.end()), sizes_.end());
}

SpecialFinder::Found SpecialFinder::Next(std::string_view text, size_t from) const {
  if (tokens_.empty()) return {};
  for (size_t at = from; at < text.size(); ++at) {
    const size_t second = at + 1 < text.size() ? Byte(text, at + 1) : 0;
    if (!beginnings_.test(Byte(text, at) << 8 | second)) continue;
    for (const size_t size : sizes_) {
      if (size > text.size() - at) continue;
      const auto found = tokens_.find(text.substr(at, size));
      if (found == tokens_.end()) continue;
      const SpecialToken& token = *found->second;
      return {(token.traits & kTakesSpaceBefore) != 0 ? SpaceBegin(text, from, at) : at,
              (token.traits & kTakesSpaceBehind) != 0 ? SpaceEnd(text, at + size) : at + size, &token};
    }
  }
  return {};
}

SpecialSet::SpecialSet(std::vector<SpecialToken> tokens) : tokens_(std::move(tokens)), all_allowed_(AllButNever()) {}

std::vector<const SpecialToken*> SpecialSet::AllButNever() const {
  std::vector<const SpecialToken*> tokens;
  for (const SpecialToken& token : tokens_) {
    if ((token.traits & kNever) == 0) tokens.push_back(&token);
  }
  return tokens;
}

const SpecialToken* SpecialSet::ById(uint32_t id) const {
  const auto found = std::lower_bound(tokens_.begin(), tokens_.end(), id,
                                      [](const SpecialToken& token, uint32_t wanted) { return token.id < wanted; });
  return found == tokens_.end() || found->id != id ? nullptr : &*found;
}

const SpecialToken* SpecialSet::ByText(std::string_view text) const {
  const auto found = std::find_if(tokens_.begin(), tokens_.end(), [text](const SpecialToken& token) {
    return token.text == text && (token.traits & kNever) == 0;
  });
  return found == tokens_.end() ? nullptr : &*found;
}

}  // namespace tokenfoundry::tokens
