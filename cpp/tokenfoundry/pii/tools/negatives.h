// Lines without names: source code, and logs made up here.
#pragma once

#include <string>
#include <vector>

#include "tokenfoundry/pii/tools/random.h"
#include "tokenfoundry/pii/tools/training_lines.h"

namespace tokenfoundry::pii {

// Lines of the source files below a folder (.py .h .hpp .c .cc .js .java .go .rs .sql), every seventh file left out, or
// only those (`held_out`). Lines that may name a person (authors, thanks, copyright) are skipped: they would teach that
// names are none.
std::vector<std::string> CodeLines(const std::string& folder, bool held_out, size_t max_bytes);

// Lines as programs log: syslog, web servers, JSON, stack traces, orchestrators, databases.
std::vector<std::string> LogLines(size_t count, Random* random);

}  // namespace tokenfoundry::pii
