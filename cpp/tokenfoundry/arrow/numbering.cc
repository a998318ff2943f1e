#include "tokenfoundry/arrow/numbering.h"

#include <charconv>

namespace tokenfoundry::arrow {
namespace {

constexpr size_t kMostSpaces = 4;
constexpr size_t kMostNameBytes = 96;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

// Behind the spaces at `at`, of which a form has few.
size_t SkipSpaces(std::string_view text, size_t at) {
  for (size_t i = 0; i < kMostSpaces && at < text.size(); ++i) {
    if (text[at] == ' ' || text[at] == '\t') {
      ++at;
    } else if (text.substr(at, 2) == "\xC2\xA0") {
      at += 2;
    } else {
      break;
    }
  }
  return at;
}

bool HasNumberBegun(std::string_view text) {
  for (size_t at = text.find('_'); at != std::string_view::npos; at = text.find('_', at + 1)) {
    if (at + 1 < text.size() && IsDigit(text[at + 1])) return true;
  }
  return false;
}

}  // namespace

std::optional<Form> FindForm(std::string_view text, size_t from) {
  for (size_t start = text.find('[', from); start != std::string_view::npos; start = text.find('[', start + 1)) {
    const size_t name = SkipSpaces(text, start + 1);
    size_t at = name;
    while (at < text.size() && at - name < kMostNameBytes &&
           (IsLetter(text[at]) || (at > name && (IsDigit(text[at]) || text[at] == '_')))) {
      ++at;
    }
    const size_t close = SkipSpaces(text, at);
    if (at > name && close < text.size() && text[close] == ']') {
      return Form{start, close + 1, text.substr(name, at - name)};
    }
  }
  return std::nullopt;
}

// A placeholder ends with an underscore and a number; either may be an escape where there are escapes.
bool NeedsReading(std::string_view text) {
  const bool has_backslash = text.find('\\') != std::string_view::npos;
  const bool has_opener = has_backslash || text.find('&') != std::string_view::npos ||
                          text.find("\xEF\xBC\xBB") != std::string_view::npos ||
                          text.find("\xE3\x80\x90") != std::string_view::npos;
  if (!has_opener) return false;
  return HasNumberBegun(text) || text.find("#95;") != std::string_view::npos ||
         (has_backslash && text.find("\\u") != std::string_view::npos);
}

std::string UpperName(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return upper;
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

std::optional<std::string_view> Numbering::ValueOf(std::string_view name) const {
  const size_t underscore = name.rfind('_');
  if (underscore == std::string_view::npos) return std::nullopt;
  const auto known = entities_.find(name.substr(0, underscore));
  if (known == entities_.end()) return std::nullopt;
  const std::string_view digits = name.substr(underscore + 1);
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
