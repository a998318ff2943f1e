// What a URL may hold, shared by those that carry a scheme and those that start with a bare host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tokenfoundry/pii/recognizer_internal.h"

namespace tokenfoundry::pii {

// Domains that speak for themselves ("example.org"), and those whose letters are also words, names of methods or types
// of files, so that a path or a "www." must stand beside them ("docs.rs/serde").
enum class TopLevel : uint8_t { kNone, kSure, kUnsure };

std::span<const std::string_view> SureTopLevels();
std::span<const std::string_view> UnsureTopLevels();
TopLevel TopLevelOf(std::string_view label);

// The end of what starts at `at`, just behind a host: port, path, query, fragment; without the punctuation of the
// sentence around it. `quote` is the byte before the URL: one that closes what it opens ends the URL.
size_t UrlEnd(std::string_view text, size_t at, char quote, uint64_t* steps);

// `end`, or where the cell of a table ends in which the URL in [start, end) stands: commas and semicolons may be part
// of a URL.
size_t CellEnd(std::string_view text, size_t start, size_t end, Sink* sink);

}  // namespace tokenfoundry::pii
