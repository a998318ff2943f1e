#include <algorithm>
#include <string_view>

#include "tokenfoundry/tokens/merge_internal.h"
#include "tokenfoundry/tokens/unicode_internal.h"
#include "tokenfoundry/tokens/whole_characters_internal.h"

namespace tokenfoundry::tokens {
namespace {

// A token that stands at one end of a character while it is merged, and the latest merge that may still find it there.
struct Part {
  uint32_t token;
  uint32_t until;
};

// What merging a character alone goes through; `token` is kNoToken unless it ends in one token.
struct Course {
  uint32_t token = kNoToken;
  std::vector<Part> first, last;  // At its left and at its right end, the whole character apart.
};

void Note(std::vector<Part>* parts, uint32_t token, uint32_t until) {
  if (parts->empty() || parts->back().token != token) parts->push_back({token, 0});
  parts->back().until = std::max(parts->back().until, until);
}

template <typename Lookup>
Course CourseOf(std::string_view character, const std::vector<uint32_t>& byte_ids, Lookup&& lookup) {
  std::vector<uint32_t> ids;
  for (const char byte : character) ids.push_back(byte_ids[static_cast<uint8_t>(byte)]);
  Course course;
  uint32_t latest = 0;
  while (ids.size() > 1) {
    size_t at = 0;
    uint32_t lowest = kNoToken;
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      if (const uint32_t merged = lookup(ids[i], ids[i + 1]); merged < lowest) lowest = merged, at = i;
    }
    if (lowest == kNoToken) return {};
    latest = std::max(latest, lowest);
    Note(&course.first, ids.front(), latest);
    Note(&course.last, ids.back(), latest);
    ids[at] = lowest;
    ids.erase(ids.begin() + static_cast<ptrdiff_t>(at) + 1);
  }
  course.token = ids[0];
  return course;
}

// The code points at the two ends of a token that is whole characters below U+10000; -1 of another.
struct Ends {
  int32_t first = -1, last = -1;
};

int32_t CodePointOf(std::string_view character) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(character[i]); };
  if (character.size() == 1) return byte(0) < 0x80 ? byte(0) : -1;
  if (character.size() == 2) return (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
  if (character.size() == 3) return (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
  return -1;
}

Ends EndsOf(std::string_view token) {
  Ends ends;
  for (size_t at = 0; at < token.size();) {
    const Character character = CharacterAt(token.data() + at, token.data() + token.size());
    const int32_t code_point = CodePointOf(token.substr(at, character.size_bytes));
    if (code_point < 0) return {};
    if (at == 0) ends.first = code_point;
    ends.last = code_point;
    at += character.size_bytes;
  }
  return ends;
}

using Places =
    std::unordered_map<uint32_t, std::vector<std::pair<uint32_t, uint32_t>>>;  // Token to (code point, until).

std::vector<uint32_t> StandingAt(const Places& places, uint32_t token, uint32_t merged) {
  std::vector<uint32_t> code_points;
  const auto found = places.find(token);
  if (found == places.end()) return code_points;
  for (const auto& [code_point, until] : found->second) {
    if (merged <= until) code_points.push_back(code_point);
  }
  return code_points;
}

}  // namespace

std::vector<WholeCharacter> FindWholeCharacters(const std::vector<std::string>& tokens,
                                                const std::vector<uint32_t>& byte_ids,
                                                const std::unordered_map<uint64_t, uint32_t>& pairs) {
  const auto lookup = [&pairs](uint32_t left, uint32_t right) {
    const auto found = pairs.find(PairKey(left, right));
    return found == pairs.end() ? kNoToken : found->second;
  };
  std::vector<WholeCharacter> characters(kWholeCharacters);
  Places beginning, ending;
  for (const std::string& token : tokens) {
    const Character only = CharacterAt(token.data(), token.data() + token.size());
    const int32_t code_point = only.size_bytes == token.size() ? CodePointOf(token) : -1;
    if (code_point < 0) continue;
    const Course course = CourseOf(token, byte_ids, lookup);
    characters[code_point].id = course.token;
    for (const Part& part : course.first)
      beginning[part.token].emplace_back(static_cast<uint32_t>(code_point), part.until);
    for (const Part& part : course.last) ending[part.token].emplace_back(static_cast<uint32_t>(code_point), part.until);
  }

  std::vector<std::pair<uint64_t, uint32_t>> ordered(pairs.begin(), pairs.end());
  std::sort(ordered.begin(), ordered.end());  // The same source gives the same bits.
  int bit = 0;
  for (const auto& [key, merged] : ordered) {
    const auto left = static_cast<uint32_t>(key >> kIdBits), right = static_cast<uint32_t>(key & kIdLimit);
    std::vector<uint32_t> lefts = StandingAt(ending, left, merged), rights = StandingAt(beginning, right, merged);
    // A whole character, or several, beside a part of one: it may be there at any time.
    const bool has_part = !lefts.empty() || !rights.empty();
    if (!has_part) continue;
    const bool left_is_part = !lefts.empty(), right_is_part = !rights.empty();
    if (const Ends ends = EndsOf(tokens[left]); right_is_part && ends.last >= 0) {
      lefts.push_back(static_cast<uint32_t>(ends.last));
    }
    if (const Ends ends = EndsOf(tokens[right]); left_is_part && ends.first >= 0) {
      rights.push_back(static_cast<uint32_t>(ends.first));
    }
    if (lefts.empty() || rights.empty()) continue;
    for (const uint32_t code_point : lefts) characters[code_point].ending |= static_cast<uint16_t>(1 << bit);
    for (const uint32_t code_point : rights) characters[code_point].beginning |= static_cast<uint16_t>(1 << bit);
    bit = (bit + 1) % 16;
  }
  return characters;
}

}  // namespace tokenfoundry::tokens
