// The anchor is the first four digits of a group. A number is one group, or groups as the schemes emboss them.
#include "tokenfoundry/pii/validators/card.h"

#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/recognizer_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kMaxGroups = 5;  // 4-4-4-4-3.

// 4-4-4-4 and its longer and shorter kin, 4-6-5 (American Express), 4-6-4 (Diners Club).
bool IsEmbossed(std::span<const size_t> groups) {
  if (groups.size() == 1) return true;
  if (groups.size() == 3 && groups[0] == 4 && groups[1] == 6 && (groups[2] == 5 || groups[2] == 4)) return true;
  return std::all_of(groups.begin(), groups.end() - 1, [](size_t size) { return size == 4; }) && groups.back() <= 4;
}

// Part of a longer number: 0.4111..., 12-4111...; or a telephone number, +4111... A comma separates: the rows of a
// table are full of them.
bool IsJoinedBefore(std::string_view text, size_t start) {
  if (Before(text, start) == '+') return true;
  return std::string_view("-./:").find(Before(text, start)) != std::string_view::npos &&
         IsDigit(Before(text, start, 2));
}

bool IsJoinedAfter(std::string_view text, size_t end) {
  return IsAlnum(At(text, end)) ||
         (std::string_view("-.").find(At(text, end)) != std::string_view::npos && IsDigit(At(text, end + 1)));
}

// The end of the longest card number that starts at `start`, or `start`.
size_t CardEnd(std::string_view text, size_t start, uint64_t* steps) {
  char digits[kMaxCardDigits];
  size_t groups[kMaxGroups] = {};
  size_t count = 0;
  size_t card_end = start;
  size_t at = start;
  for (size_t group = 0; group < kMaxGroups; ++group) {
    for (; IsDigit(At(text, at)) && count < kMaxCardDigits; ++at) {
      ++*steps;
      digits[count++] = text[at];
      ++groups[group];
    }
    if (IsDigit(At(text, at))) break;
    if (!IsJoinedAfter(text, at) && IsEmbossed({groups, group + 1}) && IsCardNumber({digits, count})) card_end = at;
    const size_t separator = SeparatorSize(text, at);
    if (separator == 0 || !IsDigit(At(text, at + separator))) break;
    at += separator;
  }
  return card_end;
}

void FindCards(std::string_view text, std::span<const uint32_t> anchor_ends, Sink* sink) {
  for (const uint32_t anchor_end : anchor_ends) {
    const size_t start = anchor_end - 4;
    if (IsJoinedBefore(text, start)) continue;
    const size_t end = CardEnd(text, start, &sink->steps);
    if (end > start) sink->AddValidated(Entity::kCreditCard, start, end);
  }
}

std::string Anchor() { return "(?:^|[^0-9A-Za-z])[2-6][0-9]{3}"; }

void SeekCards(std::string_view text, const ByteMaps& maps, std::vector<uint32_t>* ends) {
  maps.ForEach(&ByteBlock::four_digits, [&](size_t start) {
    if (text[start] >= '2' && text[start] <= '6') ends->push_back(static_cast<uint32_t>(start + 4));
  });
}

}  // namespace

const Recognizer kCardRecognizer = {Anchor, false, FindCards, nullptr, SeekCards};

}  // namespace tokenfoundry::pii
