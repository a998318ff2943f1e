#include "tokenfoundry/arrow/numbering.h"

#include <charconv>

namespace tokenfoundry::arrow {
namespace {

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

// A run of capitals, digits and underscores between brackets that begins with a capital and ends with an underscore and
// digits. Such a run holds no bracket, so after one that fails the search goes on behind it.
std::optional<PlaceholderPlace> FindPlaceholder(std::string_view text, size_t from) {
  for (size_t start = text.find('[', from); start != std::string_view::npos; start = text.find('[', start)) {
    size_t at = start + 1;
    while (at < text.size() && (IsUpper(text[at]) || IsDigit(text[at]) || text[at] == '_')) ++at;
    size_t digits = at;
    while (digits > start + 1 && IsDigit(text[digits - 1])) --digits;
    const bool fits =
        at < text.size() && text[at] == ']' && digits < at && IsUpper(text[start + 1]) && text[digits - 1] == '_';
    if (fits) return PlaceholderPlace{start, at + 1};
    start = at;
  }
  return std::nullopt;
}

uint64_t Numbering::Assign(std::string_view entity, std::string_view value) {
  auto known = entities_.find(entity);
  if (known == entities_.end()) known = entities_.emplace(entity, Values{}).first;
  Values& values = known->second;
  const auto found = values.number_of.find(value);
  if (found != values.number_of.end()) return found->second;
  const uint64_t number = values.by_number.size() + 1;
  const std::string_view key = values.number_of.emplace(value, number).first->first;
  values.by_number.push_back(key);
  values_.push_back({known->first, number, key});
  return number;
}

std::optional<std::string_view> Numbering::ValueOf(std::string_view placeholder) const {
  const size_t underscore = placeholder.rfind('_');
  if (underscore == std::string_view::npos || placeholder.size() < 4) return std::nullopt;
  const auto known = entities_.find(placeholder.substr(1, underscore - 1));
  if (known == entities_.end()) return std::nullopt;
  const std::string_view digits = placeholder.substr(underscore + 1, placeholder.size() - underscore - 2);
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool is_ours = error == std::errc() && end == digits.data() + digits.size() && digits[0] != '0';
  const std::vector<std::string_view>& values = known->second.by_number;
  if (!is_ours || number > values.size()) return std::nullopt;
  return values[number - 1];
}

void AppendPlaceholder(std::string_view entity, uint64_t number, std::string* out) {
  out->append("[").append(entity).append("_").append(std::to_string(number)).append("]");
}

}  // namespace tokenfoundry::arrow
