#include <algorithm>

#include "tokenfoundry/pii/ascii_internal.h"
#include "tokenfoundry/pii/escapes_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr size_t kUnicodeEscapeBytes = 6;

// Controls, the space, the no-break space, the two separators of lines and paragraphs.
bool IsSpaceCode(std::string_view digits) {
  const char lower[] = {ToLower(digits[0]), ToLower(digits[1]), ToLower(digits[2]), ToLower(digits[3])};
  const std::string_view code(lower, sizeof(lower));
  if (code == "00a0" || code == "2028" || code == "2029" || code == "202f" || code == "0020") return true;
  return code.starts_with("00") && (code[2] == '0' || code[2] == '1') && IsHex(code[3]);
}

// Bytes of the escape at `at`, which is a backslash, or 0 if it does not stand for white space.
size_t EscapeSize(std::string_view text, size_t at) {
  const char c = At(text, at + 1);
  if (c == 'n' || c == 'r' || c == 't') return 2;
  if (c == 'u' && at + kUnicodeEscapeBytes <= text.size() && IsSpaceCode(text.substr(at + 2, 4)))
    return kUnicodeEscapeBytes;
  return 0;
}

}  // namespace

bool HasEscapedSpace(std::string_view text) {
  for (size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at + 1)) {
    if (EscapeSize(text, at) > 0) return true;
  }
  return false;
}

std::string WithEscapedSpace(std::string_view text) {
  std::string spaced(text);
  for (size_t at = spaced.find('\\'); at != std::string::npos; at = spaced.find('\\', at + 1)) {
    const size_t size = EscapeSize(spaced, at);
    const bool ends_line = size == 2 && spaced[at + 1] != 't';
    std::fill_n(spaced.begin() + static_cast<ptrdiff_t>(at), size, ' ');
    if (ends_line) spaced[at + 1] = '\n';
  }
  return spaced;
}

}  // namespace tokenfoundry::pii
