#include <algorithm>
#include <vector>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/regex_size_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr uint64_t kLarge = uint64_t{1} << 31;  // Two of them still multiply inside 64 bits.

// Behind the class that opens at `at`.
size_t ClassEnd(std::string_view regex, size_t at) {
  size_t end = at + 1;
  if (At(regex, end) == '^') ++end;
  if (At(regex, end) == ']') ++end;
  while (end < regex.size() && regex[end] != ']') end += regex[end] == '\\' ? 2 : 1;
  return std::min(end + 1, regex.size());
}

// The larger bound of the repeat at `at`, and where it ends; 1 and `at` if there is none.
struct Repeat {
  uint64_t most = 1;
  size_t end = 0;
};

Repeat RepeatAt(std::string_view regex, size_t at) {
  if (At(regex, at) != '{') return {1, at};
  uint64_t number = 0;
  uint64_t most = 1;
  for (size_t end = at + 1; end < regex.size(); ++end) {
    const char c = regex[end];
    if (IsDigit(c)) {
      number = std::min(number * 10 + static_cast<uint64_t>(c - '0'), kLarge);
      most = std::max(most, number);
    } else if (c == ',') {
      number = 0;
    } else {
      return c == '}' ? Repeat{most, end + 1} : Repeat{1, at};
    }
  }
  return {1, at};
}

}  // namespace

uint64_t RegexSize(std::string_view regex) {
  std::vector<uint64_t> open = {0};  // The size of each group that is open, the whole expression first.
  uint64_t last = 0;                 // Of the atom that a repeat would repeat.
  for (size_t at = 0; at < regex.size();) {
    const Repeat repeat = RepeatAt(regex, at);
    if (repeat.end > at) {
      open.back() = std::min(open.back() + last * (repeat.most - 1), kLarge);
      last = std::min(last * repeat.most, kLarge);
      at = repeat.end;
      continue;
    }
    const char c = regex[at];
    if (c == '(') {
      open.push_back(0);
      ++at;
      continue;
    }
    if (c == ')' && open.size() > 1) {
      last = open.back();
      open.pop_back();
      ++at;
    } else {
      last = 1;
      at = c == '[' ? ClassEnd(regex, at) : at + (c == '\\' ? 2 : 1);
    }
    open.back() = std::min(open.back() + last, kLarge);
  }
  uint64_t size = 0;
  for (const uint64_t group : open) size = std::min(size + group, kLarge);
  return size;
}

}  // namespace tokenfoundry::pii
