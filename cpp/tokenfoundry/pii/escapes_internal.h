// Text inside a text: a JSON string, a log line or source code writes a line's end as a backslash and an "n".
#pragma once

#include <string>
#include <string_view>

namespace tokenfoundry::pii {

// Whether `text` holds an escape that stands for white space: \n, \r, \t, \u000a, \u00a0 and their kin.
bool HasEscapedSpace(std::string_view text);

// `text` with the white space itself in their place, of the same size: no letter of an escape is then joined to what
// follows it, and what was written as a line is one.
std::string WithEscapedSpace(std::string_view text);

}  // namespace tokenfoundry::pii
