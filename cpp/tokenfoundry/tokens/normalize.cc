#include "tokenfoundry/tokens/nfc_internal.h"
#include "tokenfoundry/tokens/normalize_internal.h"
#include "tokenfoundry/tokens/table_internal.h"

namespace tokenfoundry::tokens {
namespace {

constexpr std::string_view kUnderscore = "\xE2\x96\x81";  // U+2581

void AppendWithSpaces(std::string_view text, std::string* out) {
  for (size_t at = 0;;) {
    const size_t next = text.find(kUnderscore, at);
    out->append(text, at, next - at);
    if (next == std::string_view::npos) return;
    *out += ' ';
    at = next + kUnderscore.size();
  }
}

}  // namespace

std::string_view Normalized(std::string_view text, uint32_t rules, bool is_first, std::string* storage) {
  if (text.empty()) return text;
  if ((rules & kNfc) != 0) text = Composed(text, storage);
  const bool has_underscores = (rules & kUnderscoresAreSpaces) != 0 && text.find(kUnderscore) != std::string_view::npos;
  const bool begins_with_space = text.starts_with(' ') || (has_underscores && text.starts_with(kUnderscore));
  const bool wants_space = (rules & kSpaceBefore) != 0 && !((rules & kUnlessThere) != 0 && begins_with_space) &&
                           !((rules & kOnlyFirst) != 0 && !is_first);
  if (!wants_space && !has_underscores) return text;
  std::string changed;
  changed.reserve(text.size() + 1);
  if (wants_space) changed += ' ';
  if (has_underscores) {
    AppendWithSpaces(text, &changed);
  } else {
    changed += text;
  }
  *storage = std::move(changed);
  return *storage;
}

}  // namespace tokenfoundry::tokens
