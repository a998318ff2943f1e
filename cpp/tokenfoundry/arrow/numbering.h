// Numbered placeholders and what they stand for: PlaceholderMap (privacy/placeholders.py) for data sets.
//
// Only grows. Not thread-safe; the owner locks.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tokenfoundry::arrow {

// The entity of a user's own text that looks like a placeholder.
inline constexpr std::string_view kLiteral = "LITERAL";

// A placeholder as it stands in a text (privacy/forms.py): in brackets, in any case, with spaces inside them.
struct Form {
  size_t start;  // Bytes, [start, end), brackets included.
  size_t end;
  std::string_view name;  // As it is written there.
};
// The first one from `from` on. For texts for which NeedsReading is false.
std::optional<Form> FindForm(std::string_view text, size_t from);

// Whether a text may hold placeholders in forms that FindForm does not know: escaped, in entities of HTML, in brackets
// of East Asia.
bool NeedsReading(std::string_view text);

// The name as it is sent.
std::string UpperName(std::string_view name);

struct NumberedValue {
  std::string_view entity;
  uint64_t number;
  std::string_view value;  // Of the numbering, as long as it lives.
};

class Numbering {
 public:
  // The number of `value`, the one that it has or the next of its entity; from 1.
  uint64_t Assign(std::string_view entity, std::string_view value);

  // What the placeholder of this name, such as EMAIL_ADDRESS_1, stands for.
  std::optional<std::string_view> ValueOf(std::string_view name) const;

  // In the order in which they were assigned.
  const std::vector<NumberedValue>& values() const { return values_; }

 private:
  struct ViewHash {
    using is_transparent = void;
    size_t operator()(std::string_view value) const { return std::hash<std::string_view>()(value); }
  };
  struct Values {
    std::unordered_map<std::string, uint64_t, ViewHash, std::equal_to<>> number_of;
    std::vector<std::string_view> by_number;  // Keys of number_of, which do not move.
  };

  std::map<std::string, Values, std::less<>> entities_;
  std::vector<NumberedValue> values_;
};

// [ENTITY_7].
void AppendPlaceholder(std::string_view entity, uint64_t number, std::string* out);

}  // namespace tokenfoundry::arrow
